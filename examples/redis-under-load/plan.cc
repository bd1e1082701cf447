#include "plan.h"

namespace load {
namespace {

constexpr int kHeard = 100;
constexpr int kReadings = 10;
constexpr int kReportsPerJoin = 50;
constexpr int kFirstNew = 1'000'000;
constexpr int kNewPerClient = 100'000;

/// splitmix64: the same numbers everywhere.
class Numbers {
 public:
  explicit Numbers(std::uint64_t seed) : state_(seed) {}
  int below(int limit) {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return static_cast<int>((z ^ (z >> 31U)) % static_cast<std::uint64_t>(limit));
  }

 private:
  std::uint64_t state_;
};

}  // namespace

Report make_report(int client, int clients, int number) {
  Numbers numbers(static_cast<std::uint64_t>(client) << 32U | static_cast<std::uint64_t>(number));
  Report report{.group = numbers.below(kGroups)};
  for (int i = 0; i < kHeard; ++i) report.heard.push_back(numbers.below(kDevices + kDevices / 9));
  const int share = kDevices / kGroups / clients;  // devices of this group and client
  for (int i = 0; i < kReadings; ++i) {
    const int device = report.group + kGroups * (client + clients * numbers.below(share));
    report.readings.emplace_back(device, numbers.below(1'000));
  }
  if (number % kReportsPerJoin == 0) {
    const int fresh = kFirstNew + client * kNewPerClient + number * kGroups;
    report.joins = fresh - fresh % kGroups + report.group;
  }
  return report;
}

Outcome expected(int clients, int reports) {
  Outcome outcome;
  std::map<int, int> newest;
  for (int client = 0; client < clients; ++client) {
    for (int number = 0; number < reports; ++number) {
      const Report report = make_report(client, clients, number);
      outcome.reports += 1;
      for (const int device : report.heard) outcome.known += device < kDevices ? 1 : 0;
      for (const auto& [device, value] : report.readings) newest[device] = value;
      if (report.joins) outcome.devices += 1;
    }
  }
  for (int group = 0; group < kGroups; ++group) outcome.totals[group] = 0;
  for (const auto& [device, value] : newest) outcome.totals[device % kGroups] += value;
  return outcome;
}

}  // namespace load
