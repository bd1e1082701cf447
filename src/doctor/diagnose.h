#pragma once

#include <vector>

#include "doctor/facts.h"
#include "doctor/finding.h"

namespace rqpp::doctor {

/// What the facts mean. Pure: the same facts, the same findings. First what takes a share of Redis'
/// CPU, the largest first; then the rest, the most severe first.
std::vector<Finding> diagnose(const Facts& facts);

}  // namespace rqpp::doctor
