#pragma once

#include <vector>

#include "doctor/key_scan.h"
#include "doctor/probe.h"
#include "doctor/rq_facts.h"

namespace rqpp::doctor {

/// Looks at jobs' hashes, at most kMostJobs: those among the keys, and those of `ids`. Fields that
/// may be long are not fetched. Costs 2 commands per job.
inline constexpr std::size_t kMostJobs = 200;
void check_jobs(Probe& probe, const std::vector<ScannedKey>& keys,
                const std::vector<std::string>& ids, RqFacts& facts);

/// Keys of results and of runs that stay for ever, among the keys. Costs 1 command for each result
/// without a time to live.
void check_leaks(Probe& probe, const std::vector<ScannedKey>& keys, RqFacts& facts);

}  // namespace rqpp::doctor
