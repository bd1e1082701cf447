// The parts of the incident that examples/redis-under-load/run plays.
//
//     under-load fill URL                                   20,000 devices
//     under-load careless|careful URL CLIENTS RATE REPORTS  a service: RATE reports a second of all
//                                                           clients together, REPORTS of each
//     under-load bystander URL SECONDS                      somebody else who reads one key

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iostream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <rqpp/error.h>
#include <rqpp/scan.h>

#include "plan.h"
#include "redis.h"
#include "service.h"

namespace load {
namespace {

using Clock = std::chrono::steady_clock;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kAtOnce = 100;
constexpr int kReportsPerLook = 6;

void fill(const std::string& url) {
  Redis redis(url);
  std::vector<std::vector<std::string>> commands{{"SET", "bystander", "here"}};
  for (int device = 0; device < kDevices; ++device) {
    const std::string id = std::to_string(device);
    commands.push_back({"SADD", "devices", id});
    commands.push_back({"SADD", "group:" + std::to_string(device % kGroups), id});
    commands.push_back({"HSET", "device:" + id, "value", "0"});
    commands.push_back({"ZADD", "recent", "0", id});
    if (commands.size() >= kAtOnce) {
      redis.run_all(commands);
      commands.clear();
    }
  }
  redis.run_all(commands);
}

/// CPU seconds that Redis has used.
double cpu_of(Redis& redis) {
  const std::string info = redis.run({"INFO", "cpu"}).text();
  double seconds = 0;
  for (const std::string field : {"used_cpu_sys:", "used_cpu_user:"}) {
    seconds += std::stod(info.substr(info.find(field) + field.size()));
  }
  return seconds;
}

/// Adds the groups up from what is in Redis, by scans: 100 devices at a time.
std::map<int, std::int64_t> audit(const std::string& url) {
  Redis redis(url);
  const rqpp::Scanner scanner({.url = url});
  std::map<int, std::int64_t> totals;
  for (int group = 0; group < kGroups; ++group) {
    std::map<std::string, std::int64_t> values;  // a scan may give a device twice
    std::vector<std::string> ids;
    const auto read = [&] {
      std::vector<std::vector<std::string>> commands;
      for (const std::string& id : ids) commands.push_back({"HGET", "device:" + id, "value"});
      const std::vector<Reply> replies = redis.run_all(commands);
      for (std::size_t i = 0; i < ids.size(); ++i) values[ids[i]] = std::stoll(replies[i].text());
      ids.clear();
    };
    for (const std::string& id : scanner.sscan("group:" + std::to_string(group))) {
      ids.push_back(id);
      if (ids.size() == kAtOnce) read();
    }
    read();
    for (const auto& [id, value] : values) totals[group] += value;
  }
  return totals;
}

Outcome outcome_in(const std::string& url, std::int64_t reports, std::int64_t known) {
  Redis redis(url);
  Outcome outcome{.reports = reports,
                  .known = known,
                  .devices = redis.run({"SCARD", "devices"}).number(),
                  .totals = audit(url)};
  for (const auto& [group, total] : outcome.totals) {
    const Reply kept = redis.run({"HGET", "totals", std::to_string(group)});
    if ((kept.is_nil() ? 0 : std::stoll(kept.text())) != total) {
      throw std::runtime_error("the total of group " + std::to_string(group) + " is wrong");
    }
  }
  return outcome;
}

/// Runs the reports of one client at its pace; what is late goes at once.
std::int64_t work(Client& client, int number, int clients, double rate, int reports) {
  const auto start = Clock::now();
  std::int64_t known = 0;
  for (int i = 0; i < reports; ++i) {
    const Seconds due{(i + static_cast<double>(number) / clients) * clients / rate};
    std::this_thread::sleep_until(start + std::chrono::duration_cast<Clock::duration>(due));
    known += client.take(make_report(number, clients, i));
    if (i % kReportsPerLook == 0 && client.look().devices < kDevices) {
      throw std::runtime_error("devices are missing");
    }
  }
  return known;
}

int serve(const std::string& how, const std::string& url, int clients, double rate, int reports) {
  Redis redis(url);
  const auto service = how == "careless" ? make_careless(url) : make_careful(url);
  const double cpu_before = cpu_of(redis);  // The start of a service is no part of a report.
  std::atomic<std::int64_t> known{0};
  std::atomic<bool> failed{false};
  const auto start = Clock::now();
  {
    std::vector<std::jthread> threads;
    for (int number = 0; number < clients; ++number) {
      threads.emplace_back([&, number] {
        try {
          known += work(*service->make_client(), number, clients, rate, reports);
        } catch (const std::exception& error) {
          failed = true;
          std::cerr << error.what() << '\n';
        }
      });
    }
  }
  const Seconds took = Clock::now() - start;
  const double cpu = cpu_of(redis) - cpu_before;
  if (failed) return 1;
  const Outcome outcome = outcome_in(url, static_cast<std::int64_t>(clients) * reports, known);
  if (outcome != expected(clients, reports)) {
    std::cerr << "the outcome is not what it must be\n";
    return 1;
  }
  std::cout << "{\"reports\": " << outcome.reports << ", \"known\": " << outcome.known
            << ", \"devices\": " << outcome.devices << ", \"seconds\": " << took.count()
            << ", \"redis_cpu\": " << cpu << "}\n";
  return 0;
}

/// Reads a key 200 times a second and says how long each took: second and microseconds.
int stand_by(const std::string& url, double seconds) {
  constexpr std::chrono::milliseconds kPause{5};
  Redis redis(url);
  const auto start = Clock::now();
  for (auto due = start; Seconds(due - start).count() < seconds; due += kPause) {
    std::this_thread::sleep_until(due);
    const auto begin = Clock::now();
    redis.run({"GET", "bystander"});
    const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
    std::cout << Seconds(begin - start).count() << ' ' << took.count() << '\n';
  }
  return 0;
}

int run(const std::vector<std::string>& words) {
  const std::string_view what = words.empty() ? std::string_view() : words[0];
  if (what == "fill" && words.size() == 2) return fill(words[1]), 0;
  if (what == "bystander" && words.size() == 3) return stand_by(words[1], std::stod(words[2]));
  if ((what == "careless" || what == "careful") && words.size() == 5) {
    return serve(words[0], words[1], std::stoi(words[2]), std::stod(words[3]), std::stoi(words[4]));
  }
  std::cerr << "under-load fill URL | careless|careful URL CLIENTS RATE REPORTS | bystander URL "
               "SECONDS\n";
  return 2;
}

}  // namespace
}  // namespace load

int main(int argc, char** argv) try {
  return load::run({argv + 1, argv + argc});
} catch (const std::exception& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
