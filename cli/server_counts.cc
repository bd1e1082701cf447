#include "server_counts.h"

#include <algorithm>

#include "doctor/info_text.h"
#include "doctor/load.h"

namespace rqpp::cli {
namespace {

std::int64_t growth_of(const doctor::Sample::Number& before, const doctor::Sample::Number& after) {
  return doctor::growth(before.value_or(0), after.value_or(0));
}

}  // namespace

std::int64_t ServerCounts::total() const {
  std::int64_t sum = 0;
  for (const auto& [name, calls] : commands) sum += calls;
  return sum;
}

redis::Batch ask_counts() {
  redis::Batch batch;
  for (const char* section : {"cpu", "stats", "commandstats"}) batch.add("INFO", section);
  return batch;
}

doctor::Sample read_counts(const std::vector<redis::Reply>& replies) {
  std::string text;
  for (const redis::Reply& reply : replies) text += reply.text + "\n";
  return doctor::read_sample(doctor::parse_info(text), 0, 0);
}

ServerCounts between(const doctor::Sample& before, const doctor::Sample& after) {
  ServerCounts done;
  for (const auto& [name, count] : after.by_command) {
    const auto found = before.by_command.find(name);
    const std::int64_t earlier = found == before.by_command.end() ? 0 : found->second.calls;
    const std::int64_t calls = doctor::growth(earlier, count.calls);
    if (calls > 0) done.commands[name] = calls;
  }
  const std::chrono::duration<double> cpu{after.cpu_seconds.value_or(0) -
                                          before.cpu_seconds.value_or(0)};
  done.cpu =
      std::max(std::chrono::round<std::chrono::microseconds>(cpu), std::chrono::microseconds{0});
  done.bytes =
      growth_of(before.bytes_in, after.bytes_in) + growth_of(before.bytes_out, after.bytes_out);
  if (before.reads && after.reads) done.reads = growth_of(before.reads, after.reads);
  return done;
}

}  // namespace rqpp::cli
