#include "doctor/load.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace rqpp::doctor {
namespace {

constexpr std::int64_t kMostCounted = std::int64_t{1} << 50;

/// Commands that count by themselves as well.
bool contains_others(std::string_view name) { return calls_script(name) || name == "exec"; }

std::int64_t own_calls_of(const std::string& name,
                          const std::map<std::string, std::int64_t>& own_calls) {
  std::int64_t calls = 0;
  for (const auto& [own, count] : own_calls) {
    // Before Redis 7 `config|get` counts as `config`.
    const bool same = own == name || own.substr(0, own.find('|')) == name;
    if (same)
      calls = std::min(calls + std::clamp<std::int64_t>(count, 0, kMostCounted), kMostCounted);
  }
  return calls;
}

struct Spent {
  std::map<std::string, CommandCount> by_command{};
  double alone_usec = 0;       // in commands that contain no others
  double containers_usec = 0;  // in those that do
  std::int64_t calls = 0;
};

Spent spent_between(const Sample& before, const Sample& after,
                    const std::map<std::string, std::int64_t>& own_calls) {
  Spent spent;
  for (const auto& [name, last] : after.by_command) {
    const auto found = before.by_command.find(name);
    const CommandCount first = found == before.by_command.end() ? CommandCount{} : found->second;
    const std::int64_t all_calls = growth(first.calls, last.calls);
    const std::int64_t calls = all_calls - std::min(all_calls, own_calls_of(name, own_calls));
    if (calls == 0) continue;
    const double usec = static_cast<double>(growth(first.usec, last.usec)) *
                        static_cast<double>(calls) / static_cast<double>(all_calls);
    spent.by_command[name] = {.calls = calls, .usec = static_cast<std::int64_t>(usec)};
    (contains_others(name) ? spent.containers_usec : spent.alone_usec) += usec;
    spent.calls += calls;
  }
  return spent;
}

double errors_between(const Sample& before, const Sample& after) {
  double errors = 0;
  for (const auto& [name, last] : after.errors) {
    const auto found = before.errors.find(name);
    errors += static_cast<double>(growth(found == before.errors.end() ? 0 : found->second, last));
  }
  return errors;
}

/// Which part of the way in and out belongs to so many calls. What scripts call takes none of it,
/// and nobody counts it apart; but of the calls that clients made there are about as many as reads.
double part_of_way(double calls, const Spent& spent, const Load& load) {
  const auto all = static_cast<double>(spent.calls);
  const double requests = load.reads_per_second.value_or(0) * load.seconds;
  const bool by_requests = spent.containers_usec > 0 && calls <= requests && requests < all;
  return calls / (by_requests ? requests : all);
}

void add_commands(const Spent& spent, Load& load) {
  constexpr double kUsec = 1e6;
  for (const auto& [name, count] : spent.by_command) {
    const auto calls = static_cast<double>(count.calls);
    const auto usec = static_cast<double>(count.usec);
    const double core = usec / kUsec / load.seconds;
    load.commands.push_back({.name = name,
                             .per_second = calls / load.seconds,
                             .usec_per_call = usec / calls,
                             .core = core,
                             .core_with_io = core + load.io * part_of_way(calls, spent, load)});
  }
  std::stable_sort(load.commands.begin(), load.commands.end(),
                   [](const CommandLoad& a, const CommandLoad& b) { return a.core > b.core; });
}

}  // namespace

std::int64_t growth(std::int64_t before, std::int64_t after) {
  before = std::max<std::int64_t>(before, 0);
  after = std::max<std::int64_t>(after, 0);
  return std::min(after >= before ? after - before : after, kMostCounted);
}

std::optional<double> growth(const Sample::Number& before, const Sample::Number& after) {
  if (!before || !after) return std::nullopt;
  return static_cast<double>(growth(*before, *after));
}

bool calls_script(std::string_view name) {
  constexpr std::array<std::string_view, 6> kNames{"eval",       "evalsha", "eval_ro",
                                                   "evalsha_ro", "fcall",   "fcall_ro"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

const CommandLoad* Load::find(const std::string& name) const {
  const auto found = std::find_if(commands.begin(), commands.end(),
                                  [&name](const CommandLoad& each) { return each.name == name; });
  return found == commands.end() ? nullptr : &*found;
}

double Load::share(double core) const { return cpu > 0 ? std::clamp(core / cpu, 0.0, 1.0) : 0.0; }

Load load_between(const Sample& before, const Sample& after,
                  const std::map<std::string, std::int64_t>& own_calls) {
  constexpr double kUsec = 1e6;
  Load load{.seconds = after.at_seconds - before.at_seconds};
  if (!(load.seconds > 0)) return Load{};
  const Spent spent = spent_between(before, after, own_calls);
  // What calls others and what is called overlap: the larger of both is no more than what was
  // spent.
  const double in_commands =
      std::max(spent.alone_usec, spent.containers_usec) / kUsec / load.seconds;
  load.cpu = in_commands;
  if (before.cpu_seconds && after.cpu_seconds) {
    load.cpu = std::max(*after.cpu_seconds - *before.cpu_seconds, 0.0) / load.seconds;
  }
  load.io = std::max(load.cpu - in_commands, 0.0);
  load.commands_per_second = static_cast<double>(spent.calls) / load.seconds;
  load.connections_per_second =
      growth(before.connections, after.connections).value_or(0) / load.seconds;
  load.errors_per_second = errors_between(before, after) / load.seconds;
  if (const auto reads = growth(before.reads, after.reads)) {
    load.reads_per_second = *reads / load.seconds;
    if (*reads > 0) load.commands_per_read = static_cast<double>(spent.calls) / *reads;
  }
  add_commands(spent, load);
  return load;
}

}  // namespace rqpp::doctor
