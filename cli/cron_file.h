#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "call_words.h"
#include "scheduler/cron_plan.h"

namespace rqpp::cli {

/// Reads the entries of `rqpp cron FILE`:
///
///     # nightly.cron
///     timezone = Europe/Berlin          for all entries below
///
///     [report]
///     run = reports.build 'last month' draft:=true
///     cron = 30 2 * * mon-fri
///     queue = reports
///
///     [ping]
///     run = monitor.ping
///     every = 30s
///
/// `run` has the words of `rqpp enqueue`. Throws InvalidArgument that begins with `file:line:`.
std::vector<scheduler::CronEntry> parse_cron_file(std::string_view text, const std::string& file,
                                                  const ReadFile& read);

}  // namespace rqpp::cli
