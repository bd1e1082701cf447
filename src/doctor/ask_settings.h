#pragma once

#include <map>
#include <string>

#include "doctor/facts.h"
#include "doctor/probe.h"

namespace rqpp::doctor {

/// What CONFIG GET says of the settings that matter here; those that it knows.
std::map<std::string, std::string> ask_settings(Probe& probe);

/// Throws Error for a Sentinel, which holds no data.
void expect_data(const Server& server);

}  // namespace rqpp::doctor
