#include "doctor/monitor.h"

#include <algorithm>
#include <set>

#include "doctor/command_line.h"
#include "doctor/pattern.h"
#include "redis/link.h"
#include "redis/request.h"

#include <rqpp/error.h>

namespace rqpp::doctor {
namespace {

using Clock = redis::Link::Clock;

constexpr const char* kWhat = "what MONITOR shows";

void connect(redis::Link& link) {
  link.start();
  while (!link.ready()) {
    if (!link.wait(link.connect_deadline())) link.check_connect_deadline(Clock::now());
  }
}

/// Whether Redis lets us listen; nothing when it has not answered yet.
std::optional<bool> answer(Probe& probe, redis::Link& link) {
  const auto reply = link.next();
  if (!reply) return std::nullopt;
  if (reply->is_error()) probe.miss({kWhat, reply->text.substr(0, kMostNameBytes)});
  return !reply->is_error();
}

bool is_exhausted(const redis::Link& link, const MonitorLimits& limits, const UseCounter& counter) {
  return counter.lines() >= limits.lines ||
         link.moved() >= static_cast<std::uint64_t>(limits.bytes);
}

void listen(redis::Link& link, const MonitorLimits& limits, Clock::time_point end,
            UseCounter& counter) {
  constexpr std::chrono::milliseconds kGlance{100};
  const auto impatient = [&limits] { return limits.impatient && limits.impatient(); };
  while (Clock::now() < end && !is_exhausted(link, limits, counter) && !impatient()) {
    link.wait(std::min(end, Clock::now() + kGlance));
    while (const auto reply = link.next()) {
      if (is_exhausted(link, limits, counter)) return;
      if (const auto line = parse_monitor_line(reply->text)) counter.add(*line);
    }
  }
}

}  // namespace

void UseCounter::add(const MonitorLine& line) {
  ++lines_;
  std::pair<std::string, std::string> kind{command_of(line.words), pattern_of_call(line.words)};
  if (uses_.size() >= kMostKinds && uses_.count(kind) == 0) kind = {"(others)", ""};
  Use& use = uses_[kind];
  use.command = kind.first;
  use.pattern = kind.second;
  ++use.calls;
  if (line.client == "lua") {
    ++use.by_scripts;
    return;
  }
  constexpr std::size_t kMostClientsEach = 50;
  const std::string who = who_is_at(line.client);
  if (use.clients.size() < kMostClientsEach || use.clients.count(who) > 0) ++use.clients[who];
}

std::string UseCounter::who_is_at(const std::string& address) const {
  const auto named = names_.find(address);
  if (named != names_.end()) return named->second;
  return who_is({.address = address.starts_with("unix:") ? std::string() : address});
}

std::vector<Use> UseCounter::uses() const {
  std::set<std::string> patterns;
  for (const auto& [kind, use] : uses_) patterns.insert(kind.second);
  const auto merged = merge_patterns(patterns);
  std::map<std::pair<std::string, std::string>, Use> sums;
  for (const auto& [kind, use] : uses_) {
    const std::string& pattern = merged.at(kind.second);
    Use& sum = sums[{kind.first, pattern}];
    sum.command = kind.first;
    sum.pattern = pattern;
    sum.calls += use.calls;
    sum.by_scripts += use.by_scripts;
    for (const auto& [who, calls] : use.clients) sum.clients[who] += calls;
  }
  std::vector<Use> sorted;
  for (auto& [kind, use] : sums) sorted.push_back(std::move(use));
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const Use& a, const Use& b) { return a.calls > b.calls; });
  constexpr std::size_t kMostUses = 200;
  if (sorted.size() > kMostUses) sorted.resize(kMostUses);
  return sorted;
}

std::optional<Monitored> monitor(Probe& probe, const MonitorLimits& limits, UseCounter counter) {
  redis::Link link(probe.settings());
  connect(link);
  const auto began = Clock::now();
  const auto end = began + limits.time;
  redis::append_command(link.output(), {"MONITOR"});
  link.flush();
  std::optional<bool> allowed;
  while (!allowed && Clock::now() < end) {
    link.wait(end);
    allowed = answer(probe, link);
  }
  if (allowed.value_or(false)) listen(link, limits, end, counter);
  const bool early = is_exhausted(link, limits, counter);
  const auto bytes = static_cast<std::int64_t>(link.moved());
  link.close();
  probe.count("monitor", 0, bytes);
  if (!allowed) probe.miss({kWhat, "Redis did not answer in time"});
  if (!allowed.value_or(false)) return std::nullopt;
  return Monitored{.seconds = std::chrono::duration<double>(Clock::now() - began).count(),
                   .lines = counter.lines(),
                   .stopped_early = early,
                   .uses = counter.uses()};
}

}  // namespace rqpp::doctor
