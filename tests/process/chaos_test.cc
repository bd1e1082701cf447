// Everything is killed at random while jobs are run; then the books must balance. In ctest it is
// short. RQPP_CHAOS_JOBS, RQPP_CHAOS_SECONDS and RQPP_CHAOS_SEED make it as long as wanted:
//
//     RQPP_CHAOS_JOBS=10000 RQPP_CHAOS_SECONDS=240 build/release/process_tests
//       --gtest_filter='Chaos.*'

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "support/fleet_test.h"
#include "support/processes.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using ::testing::IsEmpty;

int number_from(const char* variable, int otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::atoi(text);
}

const std::vector<std::string> kQueues{"a", "b", "c"};

/// One place in the fleet: whoever stands there is replaced when it is killed.
struct Place {
  std::vector<std::string> settings{};
  std::string name{};
  int generation = 0;
};

class Chaos : public FleetTest {
 protected:
  Chaos() { options_.errors = "/dev/null"; }

  void man(Place& place) {
    std::vector<std::string> words = place.settings;
    words.insert(words.end(), {"--quiet", "--result-ttl", "-1"});
    launch(place.name, std::move(words));
  }
  void enqueue_some(int count);
  void kill_something();
  void kill_horse(pid_t worker);
  void kill_stable(pid_t worker);
  void kill_parent(Place& place);
  int ended();
  void check_each_job();
  void check_runs();
  void check_that_nothing_is_left();

  int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }

  const int jobs_ = number_from("RQPP_CHAOS_JOBS", 300);
  const std::chrono::seconds seconds_{number_from("RQPP_CHAOS_SECONDS", 8)};
  const int seed_ = number_from("RQPP_CHAOS_SEED", 1);
  std::mt19937 random_{static_cast<unsigned>(seed_)};
  std::vector<Place> fleet_{{{"a", "b", "c"}, "w0"},
                            {{"c", "b", "a", "--horses", "3"}, "w1"},
                            {{"b", "a", "c", "--horses", "2", "--jobs-per-horse", "10"}, "w2"},
                            {{"a", "c", "b", "--jobs-per-horse", "5"}, "w3"}};
  std::map<std::string, std::string> jobs_by_id_{};  // with their queues
  std::set<pid_t> killed_{};  // horses and stables, by us or with their parent
  std::map<std::string, int> kills_{};
};

// Half of them may be run again after a failure.
void Chaos::enqueue_some(int count) {
  for (int i = 0; i < count; ++i) {
    const std::string& name = kQueues.at(static_cast<std::size_t>(pick(3)));
    const std::int64_t microseconds = pick(10) == 0 ? 200'000 : pick(20'000);
    const bool retries = pick(2) == 0;
    const AnyJob job = retries ? enqueue("aside", "records.run", {path("runs"), microseconds})
                               : enqueue(name, "records.run", {path("runs"), microseconds});
    jobs_by_id_[job.id()] = name;
    if (!retries) continue;
    ask("HSET", "rq:job:" + job.id(), "retries_left", "5", "origin", name);
    ask("LMOVE", "rq:queue:aside", "rq:queue:" + name, "LEFT", "RIGHT");
  }
}

void Chaos::kill_something() {
  Place& place = fleet_.at(static_cast<std::size_t>(pick(static_cast<int>(fleet_.size()))));
  const int what = pick(100);
  if (what < 75) {
    kill_horse(worker(place.name).pid());
  } else if (what < 88) {
    kill_stable(worker(place.name).pid());
  } else {
    kill_parent(place);
  }
}

void Chaos::kill_horse(pid_t worker) {
  const std::vector<pid_t> horses = horses_of(worker);
  if (horses.empty()) return;
  const pid_t horse = horses.at(static_cast<std::size_t>(pick(static_cast<int>(horses.size()))));
  killed_.insert(horse);
  ::kill(horse, SIGKILL);
  kills_["horses"] += 1;
}

void Chaos::kill_stable(pid_t worker) {
  const pid_t stable = stable_of(worker);
  if (stable == 0) return;
  killed_.insert(stable);
  ::kill(stable, SIGKILL);
  kills_["stables"] += 1;
}

void Chaos::kill_parent(Place& place) {
  const pid_t stable = stable_of(worker(place.name).pid());
  if (stable != 0) killed_.insert(stable);
  kill(place.name);
  kills_["parents"] += 1;
  // Now and then under the name of the dead one, whose lease has not run out yet.
  place.generation += 1;
  if (pick(4) != 0) place.name = place.name.substr(0, 2) + "-" + std::to_string(place.generation);
  man(place);
}

int Chaos::ended() {
  std::int64_t count = 0;
  for (const std::string& name : kQueues) {
    count += ask("ZCARD", "rq:finished:" + name).number + ask("ZCARD", "rq:failed:" + name).number;
  }
  return static_cast<int>(count);
}

void Chaos::check_each_job() {
  int finished = 0;
  for (const auto& [id, name] : jobs_by_id_) {
    const bool good = !ask("ZSCORE", "rq:finished:" + name, id).is_nil();
    const bool bad = !ask("ZSCORE", "rq:failed:" + name, id).is_nil();
    finished += good ? 1 : 0;
    EXPECT_NE(good, bad) << id;
    EXPECT_EQ(ask("HGET", "rq:job:" + id, "status").text, good ? "finished" : "failed") << id;
  }
  std::cout << "chaos: " << finished << " of " << jobs_by_id_.size() << " jobs finished\n";
}

/// Each job has run once, and once more for each time that its process, or one above it, was
/// killed.
void Chaos::check_runs() {
  std::map<std::string, int> counts;
  std::map<std::string, int> undisturbed;
  for (const Run& run : runs()) {
    counts[run.job_id] += 1;
    if (!killed_.contains(run.horse) && !killed_.contains(run.stable)) undisturbed[run.job_id] += 1;
  }
  int most = 0;
  int again = 0;
  for (const auto& [id, count] : counts) {
    EXPECT_LE(undisturbed[id], 1) << id;
    most = std::max(most, count);
    again += count - 1;
  }
  std::cout << "chaos: " << again << " runs more than jobs that ran, at most " << most
            << " of one job; " << jobs_by_id_.size() - counts.size() << " jobs were never begun\n";
}

void Chaos::check_that_nothing_is_left() {
  for (const redis::Reply& key : ask("KEYS", "*").elements) {
    const auto is_below = [&](const char* prefix) { return key.text.starts_with(prefix); };
    const bool known = is_below("rq:job:") || is_below("rq:results:") || is_below("rq:finished:") ||
                       is_below("rq:failed:") || key.text == "rq:queues" ||
                       key.text == "rqpp:leases" || key.text == "rqpp:maintenance" ||
                       (is_below("rq:worker:") && !key.text.ends_with(":executions"));
    EXPECT_TRUE(known) << key.text << " is left";
  }
}

TEST_F(Chaos, LosesNothing) {
  SCOPED_TRACE("RQPP_CHAOS_SEED=" + std::to_string(seed_));
  for (Place& place : fleet_) man(place);
  const Clock::time_point begin = Clock::now();
  while (Clock::now() < begin + seconds_) {
    const auto share = std::chrono::duration<double>(Clock::now() - begin) / seconds_;
    enqueue_some(static_cast<int>(share * jobs_) - static_cast<int>(jobs_by_id_.size()));
    ::poll(nullptr, 0, pick(200));
    kill_something();
  }
  enqueue_some(jobs_ - static_cast<int>(jobs_by_id_.size()));

  EXPECT_TRUE(becomes_true([&] { return ended() == jobs_; }, 60s + seconds_)) << ended();

  // One that was killed without a job is known to be dead a little later.
  EXPECT_TRUE(becomes_true([&] {
    return ask("SCARD", "rq:workers").number == static_cast<std::int64_t>(fleet_.size());
  }));

  for (const Place& place : fleet_) EXPECT_EQ(stop(place.name).exit_code, 0) << place.name;
  std::cout << "chaos: killed " << kills_["horses"] << " horses, " << kills_["stables"]
            << " stables and " << kills_["parents"] << " parents in "
            << std::chrono::duration<double>(Clock::now() - begin).count() << " s\n";
  check_each_job();
  check_runs();
  check_that_nothing_is_left();
}

}  // namespace
}  // namespace rqpp::test
