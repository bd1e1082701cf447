#include <fmt/format.h>

#include <algorithm>

#include "doctor/quantities.h"
#include "doctor/rules.h"

namespace rqpp::doctor {
namespace {

constexpr std::size_t kMostOffenders = 5;
constexpr std::size_t kMostOfOneKind = 3;

std::string busiest_client(const Use& use) {
  const auto most =
      std::max_element(use.clients.begin(), use.clients.end(),
                       [](const auto& a, const auto& b) { return a.second < b.second; });
  return most == use.clients.end() ? std::string("scripts") : most->first;
}

void add_monitored(const Facts& facts, std::string_view command, std::vector<std::string>& lines) {
  if (!facts.monitored || facts.monitored->seconds <= 0) return;
  for (const Use& use : facts.monitored->uses) {
    if (lines.size() >= kMostOfOneKind) return;
    if (use.command != command) continue;
    const double rate = static_cast<double>(use.calls) / facts.monitored->seconds;
    lines.push_back(fmt::format("{}{}/s, by {}", use.pattern.empty() ? "" : use.pattern + ": ",
                                rate_text(rate), busiest_client(use)));
  }
}

void add_slow(const Facts& facts, std::string_view command, std::vector<std::string>& lines) {
  if (!facts.slow_log) return;
  std::size_t added = 0;
  for (const SlowCalls& calls : facts.slow_log->calls) {
    if (added == kMostOfOneKind || lines.size() >= kMostOffenders) return;
    if (calls.command != command) continue;
    ++added;
    lines.push_back(
        fmt::format("{}{} in the slow log, up to {}, the last {} ago by {}",
                    calls.pattern.empty() ? "" : calls.pattern + ": ", count_text(calls.calls),
                    usec_text(static_cast<double>(calls.worst_usec)), age_text(calls.age_seconds),
                    calls.client.empty() ? "somebody" : calls.client));
  }
}

void add_clients(const Facts& facts, std::string_view command, std::vector<std::string>& lines) {
  if (!facts.clients) return;
  for (const ClientGroup& group : facts.clients->groups) {
    if (lines.size() >= kMostOffenders) return;
    const auto found = group.last_commands.find(std::string(command));
    if (found == group.last_commands.end()) continue;
    lines.push_back(fmt::format("{} of {} clients of {} called it last", found->second,
                                group.clients, group.who));
  }
}

}  // namespace

std::vector<std::string> offenders_of(const Facts& facts, std::string_view command) {
  std::vector<std::string> lines;
  add_monitored(facts, command, lines);
  add_slow(facts, command, lines);
  add_clients(facts, command, lines);
  return lines;
}

}  // namespace rqpp::doctor
