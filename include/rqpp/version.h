#pragma once

/// The version of these headers; CMakeLists.txt says the same.
#define RQPP_VERSION "0.1.0"
