#include "doctor/take_sample.h"

#include <fmt/format.h>

#include <array>

#include "doctor/load.h"

#include <rqpp/error.h>

namespace rqpp::doctor {
namespace {

constexpr std::array<const char*, 10> kSections{"server",      "clients",     "memory", "stats",
                                                "persistence", "replication", "cpu",    "keyspace",
                                                "errorstats",  "commandstats"};

CommandCount count_in(const Sample& sample, const std::string& name) {
  for (const std::string& each : {name, name.substr(0, name.find('|'))}) {
    const auto found = sample.by_command.find(each);
    if (found != sample.by_command.end()) return found->second;
  }
  return {};
}

}  // namespace

InfoFields ask_info(Probe& probe) {
  redis::Batch batch;
  for (const char* section : kSections) batch.add("INFO", section);
  const auto replies = probe.ask("INFO", batch);
  std::string text;
  for (const redis::Reply& reply : replies) {
    if (reply.is_text()) text += reply.text + "\r\n";
  }
  if (replies.at(0).is_error() && replies.back().is_error()) {
    throw Error(
        fmt::format("Redis does not let this user ask for INFO ({}), without which there is "
                    "no diagnosis. `ACL SETUSER name +info` permits it.",
                    replies[0].text.substr(0, kMostNameBytes)));
  }
  return parse_info(text);
}

InfoFields ask_latencies(Probe& probe) {
  const auto replies = probe.ask("percentiles", redis::Batch().add("INFO", "latencystats"));
  return parse_info(replies.at(0).text);
}

Sample take_sample(Probe& probe, double at_seconds) {
  return read_sample(ask_info(probe), at_seconds, probe.settings().db);
}

double own_usec(const Sample& before, const Sample& after,
                const std::map<std::string, std::int64_t>& own_calls) {
  double usec = 0;
  for (const auto& [name, calls] : own_calls) {
    const CommandCount first = count_in(before, name);
    const CommandCount last = count_in(after, name);
    const auto more = static_cast<double>(growth(first.calls, last.calls));
    if (more > 0) {
      usec +=
          static_cast<double>(growth(first.usec, last.usec)) / more * static_cast<double>(calls);
    }
  }
  return usec;
}

}  // namespace rqpp::doctor
