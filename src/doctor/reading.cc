#include "doctor/reading.h"

#include <algorithm>
#include <utility>

namespace rqpp::doctor {
namespace {

std::optional<double> rate(const Sample::Number& before, const Sample::Number& after,
                           double seconds) {
  const auto more = growth(before, after);
  if (!more) return std::nullopt;
  return *more / seconds;
}

std::optional<double> level(const Sample::Number& number) {
  if (!number) return std::nullopt;
  return static_cast<double>(*number);
}

/// Means of rates by time, where each is one.
class Mean {
 public:
  Mean(double earlier_seconds, double later_seconds)
      : earlier_(earlier_seconds / (earlier_seconds + later_seconds)) {}

  double of(double earlier, double later) const {
    return earlier * earlier_ + later * (1 - earlier_);
  }
  std::optional<double> of(std::optional<double> earlier, std::optional<double> later) const {
    if (!earlier || !later) return earlier ? earlier : later;
    return of(*earlier, *later);
  }

 private:
  double earlier_;  // its part of the time
};

void keep_dearest(std::vector<CommandLoad>& commands) {
  std::stable_sort(commands.begin(), commands.end(),
                   [](const CommandLoad& a, const CommandLoad& b) { return a.core > b.core; });
  if (commands.size() > Reading::kMostCommands) commands.resize(Reading::kMostCommands);
}

std::vector<CommandLoad> joined_commands(const Reading& earlier, const Reading& later,
                                         const Mean& mean) {
  std::map<std::string, std::pair<CommandLoad, CommandLoad>> by_name;
  for (const CommandLoad& each : earlier.by_command) by_name[each.name].first = each;
  for (const CommandLoad& each : later.by_command) by_name[each.name].second = each;
  std::vector<CommandLoad> commands;
  for (const auto& [name, both] : by_name) {
    CommandLoad load{.name = name,
                     .per_second = mean.of(both.first.per_second, both.second.per_second),
                     .core = mean.of(both.first.core, both.second.core),
                     .core_with_io = mean.of(both.first.core_with_io, both.second.core_with_io)};
    constexpr double kUsec = 1e6;
    if (load.per_second > 0) load.usec_per_call = load.core * kUsec / load.per_second;
    commands.push_back(std::move(load));
  }
  keep_dearest(commands);
  return commands;
}

}  // namespace

std::map<std::string, std::int64_t> calls_between(const Spending& before, const Spending& after) {
  std::map<std::string, std::int64_t> calls;
  for (const auto& [name, count] : after.calls) {
    const auto found = before.calls.find(name);
    const std::int64_t more = growth(found == before.calls.end() ? 0 : found->second, count);
    if (more > 0) calls[name] = more;
  }
  return calls;
}

std::optional<Reading> reading_between(const Moment& before, const Moment& after) {
  const Sample& first = before.sample;
  const Sample& last = after.sample;
  const double seconds = last.at_seconds - first.at_seconds;
  if (!(seconds > 0)) return std::nullopt;
  Load load = load_between(first, last, calls_between(before.spent, after.spent));
  if (load.commands.size() > Reading::kMostCommands) load.commands.resize(Reading::kMostCommands);
  return Reading{.from = first.at_seconds,
                 .to = last.at_seconds,
                 .cpu = load.cpu,
                 .commands = load.commands_per_second,
                 .bytes_in = rate(first.bytes_in, last.bytes_in, seconds),
                 .bytes_out = rate(first.bytes_out, last.bytes_out, seconds),
                 .clients = level(last.clients),
                 .memory = level(last.memory),
                 .by_command = std::move(load.commands)};
}

Reading joined(const Reading& earlier, const Reading& later) {
  const Mean mean(earlier.to - earlier.from, later.to - later.from);
  return {.from = earlier.from,
          .to = later.to,
          .cpu = mean.of(earlier.cpu, later.cpu),
          .commands = mean.of(earlier.commands, later.commands),
          .bytes_in = mean.of(earlier.bytes_in, later.bytes_in),
          .bytes_out = mean.of(earlier.bytes_out, later.bytes_out),
          .clients = std::max(earlier.clients, later.clients),
          .memory = std::max(earlier.memory, later.memory),
          .by_command = joined_commands(earlier, later, mean)};
}

}  // namespace rqpp::doctor
