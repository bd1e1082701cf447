#include "redis/server_counts.h"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace rqpp::redis {
namespace {

/// Calls `take(name, value)` for each line `name:value` of an INFO.
template <class Take>
void for_each_field(std::string_view info, const Take& take) {
  while (!info.empty()) {
    const std::size_t end = std::min(info.find('\n'), info.size());
    std::string_view line = info.substr(0, end);
    info.remove_prefix(std::min(end + 1, info.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) take(line.substr(0, colon), line.substr(colon + 1));
  }
}

std::int64_t whole_number(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return std::max<std::int64_t>(number, 0);
}

/// Seconds with a fraction, as `12.345678`.
std::chrono::microseconds seconds(std::string_view text) {
  constexpr double kMost = 1e9;  // thirty years
  double number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  if (!(number > 0)) return {};
  return std::chrono::microseconds(static_cast<std::int64_t>(std::min(number, kMost) * 1e6));
}

void read_cpu(std::string_view info, ServerCounts& counts) {
  std::chrono::microseconds all{};
  std::chrono::microseconds main{};
  for_each_field(info, [&](std::string_view name, std::string_view value) {
    if (name == "used_cpu_sys" || name == "used_cpu_user") all += seconds(value);
    if (name == "used_cpu_sys_main_thread" || name == "used_cpu_user_main_thread") {
      main += seconds(value);
    }
  });
  counts.cpu = main.count() > 0 ? main : all;
}

void read_stats(std::string_view info, ServerCounts& counts) {
  for_each_field(info, [&](std::string_view name, std::string_view value) {
    if (name == "total_net_input_bytes" || name == "total_net_output_bytes") {
      counts.bytes += whole_number(value);
    }
    if (name == "total_reads_processed") counts.reads = whole_number(value);
  });
}

void read_commands(std::string_view info, ServerCounts& counts) {
  constexpr std::string_view kPrefix = "cmdstat_";
  constexpr std::string_view kCalls = "calls=";
  for_each_field(info, [&](std::string_view name, std::string_view value) {
    if (!name.starts_with(kPrefix) || !value.starts_with(kCalls)) return;
    name.remove_prefix(kPrefix.size());
    value.remove_prefix(kCalls.size());
    counts.commands[std::string(name)] = whole_number(value);
  });
}

}  // namespace

std::int64_t ServerCounts::total() const {
  std::int64_t sum = 0;
  for (const auto& [name, calls] : commands) sum += calls;
  return sum;
}

Batch ask_counts() {
  Batch batch;
  batch.add("INFO", "cpu");
  batch.add("INFO", "stats");
  batch.add("INFO", "commandstats");
  return batch;
}

ServerCounts read_counts(std::span<const Reply> replies) {
  ServerCounts counts;
  if (!replies.empty()) read_cpu(replies[0].text, counts);
  if (replies.size() > 1) read_stats(replies[1].text, counts);
  if (replies.size() > 2) read_commands(replies[2].text, counts);
  return counts;
}

ServerCounts between(const ServerCounts& earlier, const ServerCounts& later) {
  const auto more = [](auto before, auto after) { return after > before ? after - before : 0; };
  ServerCounts done;
  for (const auto& [name, calls] : later.commands) {
    const auto before = earlier.commands.find(name);
    const auto count = more(before == earlier.commands.end() ? 0 : before->second, calls);
    if (count > 0) done.commands[name] = count;
  }
  done.cpu = std::max(later.cpu - earlier.cpu, std::chrono::microseconds{0});
  done.bytes = more(earlier.bytes, later.bytes);
  if (earlier.reads && later.reads) done.reads = more(*earlier.reads, *later.reads);
  return done;
}

}  // namespace rqpp::redis
