#pragma once

#include "doctor/info_text.h"
#include "doctor/probe.h"

namespace rqpp::doctor {

/// What INFO tells, less percentiles, which take Redis some 100 µs: one command per section, as all
/// versions take it. Throws Error where not even INFO may be asked.
InfoFields ask_info(Probe& probe);
/// The section with the percentiles of each command; since Redis 7.
InfoFields ask_latencies(Probe& probe);

/// A look at what the server counts. `at_seconds` is when, on the caller's clock.
Sample take_sample(Probe& probe, double at_seconds);

/// What the calls of `own_calls` took, by the mean of each command between two samples.
double own_usec(const Sample& before, const Sample& after,
                const std::map<std::string, std::int64_t>& own_calls);

}  // namespace rqpp::doctor
