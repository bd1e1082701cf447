#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "doctor/facts.h"
#include "doctor/finding.h"
#include "doctor/load.h"

// The rules of diagnose(), by what they are about; each adds what it finds.
namespace rqpp::doctor {

using Findings = std::vector<Finding>;

/// Commands whose cost grows with the data, scripts, and what the slow log and LATENCY tell.
void find_slow(const Facts& facts, const Load& load, Findings& findings);
/// Many small commands: checks of ids, polling, no pipelining, errors.
void find_chatter(const Facts& facts, const Load& load, Findings& findings);
/// Connections that come and go, too many of them, and those that do not read.
void find_about_clients(const Facts& facts, const Load& load, Findings& findings);
/// Big keys, those that grow, those that stay for ever.
void find_about_keys(const Facts& facts, const Load& load, Findings& findings);
/// Memory, eviction, persistence, the log of slow commands, and what kind of server it is.
void find_about_server(const Facts& facts, Findings& findings);
/// Queues, workers and jobs.
void find_about_jobs(const Facts& facts, const Load& load, Findings& findings);

/// The clients that said something within the last second; at most five lines.
std::vector<std::string> busiest_clients(const Facts& facts);

/// Who calls a command (in upper case) and on what, as far as MONITOR, the slow log and the list of
/// clients tell; at most five lines.
std::vector<std::string> offenders_of(const Facts& facts, std::string_view command);

}  // namespace rqpp::doctor
