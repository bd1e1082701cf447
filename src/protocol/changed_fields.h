#pragma once

#include <string>
#include <vector>

#include "protocol/transitions.h"

namespace rqpp::protocol {

/// Fields and values, in pairs, that change in the hash of a job that goes back.
std::vector<std::string> changed_fields(const PutBack& how);

}  // namespace rqpp::protocol
