// All that rqpp does, at a Redis as a large site has it, with every call that Redis executes
// looked at: none may grow with what is there. In ctest it is a small one; RQPP_SOAK_JOBS=1000000,
// or `make soak`, makes it a million jobs and registries of a hundred thousand entries.
//
// First the slow log takes every call with its arguments, those of scripts included, and none may
// break a rule of support/call_rules.h. That takes Redis time, so it is done again, and the log
// takes no more than what lasts. A call may last a millisecond because the machine was busy, which
// no test can tell of one call. So a script that always does the same is called in between: by as
// much as one in twenty of its calls is longer than its shortest, the limit of a millisecond is
// stretched. What counts is that more than one in twenty of a kind were above it, in each of three
// rounds.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "sandbox/ephemeral_server.h"
#include "support/call_ledger.h"
#include "support/crowd.h"
#include "support/program.h"
#include "support/redis_state.h"
#include "support/sanitizers.h"
#include "support/slow_log.h"

#include <rqpp/rqpp.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

CrowdSize wanted_size() {
  CrowdSize size;
  const char* wanted = std::getenv("RQPP_SOAK_JOBS");
  if (wanted != nullptr) size.jobs = std::max(10'000L, std::strtol(wanted, nullptr, 10));
  size.entries = size.jobs / 10;
  return size;
}

/// Calls of the module that comes with the tests.
Call nothing() { return {.function = "horses.nothing"}; }
std::vector<Call> many(int count, const Call& call = nothing()) {
  return std::vector<Call>(static_cast<std::size_t>(count), call);
}

using Names = std::set<std::string>;

Names both(const Names& a, const Names& b) {
  Names common;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(),
                        std::inserter(common, common.end()));
  return common;
}

class Soak : public ::testing::Test {
 protected:
  Soak() {
    fs::create_directories(folder_);
    // Redis, which runs already, goes before us and whom we start.
    ::setpriority(PRIO_PROCESS, 0, 10);
  }
  ~Soak() override { fs::remove_all(folder_); }

  // ---- what is done, by producers, workers and operators; each may be done again

  void enqueue();
  void enqueue_for_later();
  void enqueue_what_is_unique();
  void enqueue_what_waits();
  void enqueue_groups();
  void run_all_kinds();
  void run_from_the_backlog();
  void lose_a_worker();
  void rest_idle();
  void schedule();
  void run_cron();
  void read_results();
  void look_into_registries();
  void requeue_some_failed();
  void requeue_all_failed();
  void delete_canceled();
  void trim_finished();
  void cancel_what_waits();
  void change_ended_jobs();
  void empty_a_queue();
  void suspend_and_resume();
  void look_from_the_command_line();

  struct Feature {
    const char* name = "";
    void (Soak::*act)() = nullptr;
    bool searches = false;  // through a whole list: it is known to
    bool waits = false;     // for long, and executes little: once is enough
  };
  static std::vector<Feature> features();
  /// What Redis executed for all of it, as far as it took so long.
  CallLedger do_everything(Crowd& crowd, std::chrono::microseconds logged);
  void expect_short_calls(Crowd& crowd);
  void call_yardstick();
  /// So long as the machine makes of it.
  std::chrono::microseconds stretched(std::chrono::microseconds limit);

  // ---- tools

  redis::Reply ask(const std::vector<std::string>& words) {
    return connection_.run(redis::Batch{}.add_words(words)).at(0);
  }
  std::vector<std::string> with_url(std::vector<std::string> words) const {
    words.insert(words.end(), {"--url", server_.url()});
    return words;
  }
  void command(std::vector<std::string> words) const {
    const Ended ended = rqpp(with_url(std::move(words)));
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
  }
  std::vector<std::string> worker(std::vector<std::string> words) const {
    std::vector<std::string> all{"worker", "--quiet", "--path", in_build("tests/modules").string()};
    all.insert(all.end(), words.begin(), words.end());
    return with_url(all);
  }
  void run_worker(std::vector<std::string> words) const {
    const Ended ended = rqpp(worker(std::move(words)));
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
  }
  template <class Condition>
  static void await(const Condition& condition) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "the condition did not come true";
      std::this_thread::sleep_for(10ms);
    }
  }
  /// What a command line costs: how many commands Redis executes for it.
  std::int64_t commands_of(const std::vector<std::string>& words) {
    reset_counts(connection_);
    command(words);
    return total(command_counts(connection_));
  }

  CrowdSize size_ = wanted_size();
  sandbox::EphemeralServer server_{
      {.arguments = {"--slowlog-max-len", "2000000", "--slowlog-log-slower-than", "-1"}}};
  redis::Connection connection_{server_.settings()};
  Queue big_{"big", {.url = server_.url()}};
  Queue work_ = big_.sibling("work");
  fs::path folder_ = fs::temp_directory_path() / ("rqpp-soak-" + std::to_string(::getpid()));
  int round_ = 0;
  std::vector<std::chrono::microseconds> yardstick_{};  // what its calls took
};

// ---- producers

void Soak::enqueue() {
  for (int i = 0; i < 20; ++i) big_.enqueue(nothing());
  big_.enqueue(nothing(), {.ttl = 1h, .at_front = true});
  big_.enqueue_many(many(2'000));
  BufferedProducer producer(big_);
  for (int i = 0; i < 3'000; ++i) producer.enqueue(nothing());
  producer.flush();
}

void Soak::enqueue_for_later() {
  for (int i = 0; i < 20; ++i) big_.enqueue_in(24h, nothing());
  big_.enqueue_many_at(base::now() + 24h, many(2'000));
}

void Soak::enqueue_what_is_unique() {
  const std::string id = "unique-" + std::to_string(round_);
  big_.enqueue(nothing(), {.job_id = id, .unique = true});
  EXPECT_THROW(big_.enqueue(nothing(), {.job_id = id, .unique = true}), DuplicateJob);
  big_.enqueue(Call{.function = "sums.add", .args = {round_}}, {.unique_for = 1h});
}

void Soak::enqueue_what_waits() {
  const AnyJob parent = big_.enqueue(nothing());
  big_.enqueue_many(many(500), {.depends_on = parent});
  std::vector<AnyJob> parents = big_.enqueue_many(many(50));
  big_.enqueue(nothing(), {.depends_on = parents});
  for (int i = 0; i < 150; ++i) {
    big_.enqueue(nothing(), {.concurrency_limit = {.key = "licence", .jobs = 3}});
  }
}

void Soak::enqueue_groups() {
  const Group group(big_);
  group.enqueue_many(big_, many(1'500));
  group.enqueue_when_done(big_, rqpp::call("horses.nothing"));
  for (Group::Page page = group.jobs(); !page.next.empty();) page = group.jobs(page.next);
  group.clean();
}

// ---- workers

void Soak::run_all_kinds() {
  work_.enqueue_many(many(300));
  const AnyJob parent = work_.enqueue(nothing());
  work_.enqueue_many(many(250), {.depends_on = parent});
  work_.enqueue_many(many(10, {"sums.fail", {"why"}}), {.retry = {.max = 2}});
  work_.enqueue_many(many(10), {.repeat = {.times = 2}});
  work_.enqueue_many(many(10), {.on_success = "callbacks.told"});
  work_.enqueue_many(many(5, {"reruns.ask_until", {2}}));
  work_.enqueue_many(many(5, {"reruns.snooze_until", {2}}));
  work_.enqueue_many(many(20, {"records.run", {(folder_ / "runs").string(), 30'000}}));
  for (int i = 0; i < 30; ++i) {
    work_.enqueue(nothing(), {.rate_limit = {.key = "oven", .count = 10, .per = 1s}});
    work_.enqueue(nothing(), {.concurrency_limit = {.key = "seat", .jobs = 2}});
  }
  run_worker({"--burst", "--with-scheduler", "--horses", "3", "work"});
}

void Soak::run_from_the_backlog() {
  run_worker({"--max-jobs", "500", "big"});
  run_worker({"--max-jobs", "3000", "--jobs-per-horse", "100", "--horses", "2", "q1", "q2", "big"});
}

// Another worker takes over what one ran that was killed, and what the dead of the crowd ran.
void Soak::lose_a_worker() {
  const std::string gate = (folder_ / "gate").string();
  fs::remove(gate);
  const AnyJob job = work_.enqueue(Call{.function = "gates.pass", .args = {gate}});
  {
    Program lost(worker({"work"}));
    await([&] { return job.status() == Status::started; });
    lost.signal(SIGKILL);
    lost.wait();
  }
  std::ofstream(gate) << "open";
  Program heir(worker({"work"}));
  await([&] { return job.status() == Status::finished || job.status() == Status::failed; });
  heir.signal(SIGTERM);
  EXPECT_EQ(heir.wait().exit_code, 0);
}

void Soak::rest_idle() {
  Program idle(worker({"--name", "idler-" + std::to_string(round_), "--with-scheduler", "work"}));
  for (int i = 0; i < 50; ++i) {
    const AnyJob job = work_.enqueue(nothing());
    job.wait(30s);
  }
  command({"workers", "drain", "idler-" + std::to_string(round_), "--timeout", "30"});
  EXPECT_EQ(idle.wait().exit_code, 0);
}

void Soak::schedule() {
  Queue soon = big_.sibling("soon");
  soon.enqueue_many_at(base::now(), many(500));
  Program scheduler(with_url({"scheduler", "--quiet", "soon", "big", "q1"}));
  await([&] { return soon.size() == 500; });
  scheduler.signal(SIGTERM);
  EXPECT_EQ(scheduler.wait().exit_code, 0);
  soon.remove_queue();
}

void Soak::run_cron() {
  const fs::path file = folder_ / "jobs.cron";
  std::ofstream(file) << "[ping]\nrun = horses.nothing\nqueue = pings\nevery = 1s\n";
  Program cron(with_url({"cron", file.string()}));
  Queue pings = big_.sibling("pings");
  await([&] { return pings.size() >= 2; });
  cron.signal(SIGTERM);
  EXPECT_EQ(cron.wait().exit_code, 0);
  pings.clear();
}

// ---- results, registries, operators

void Soak::read_results() {
  const auto jobs = work_.enqueue_many(many(300));
  run_worker({"--burst", "--jobs-per-horse", "100", "work"});
  work_.results_of(jobs);
  work_.wait_all(jobs, 30s);
  (void)jobs.front().result();
  (void)jobs.front().results();
  (void)jobs.front().info();
}

void Soak::look_into_registries() {
  for (const auto kind :
       {RegistryKind::finished, RegistryKind::failed, RegistryKind::started, RegistryKind::deferred,
        RegistryKind::scheduled, RegistryKind::canceled}) {
    const Registry registry = big_.registry(kind);
    (void)registry.count();
    (void)registry.ids(0, 100);
    (void)registry.ids(size_.entries / 3, 100);
    (void)registry.jobs(0, 100);
  }
  (void)big_.size();
  (void)big_.ids(0, 100);
}

void Soak::requeue_some_failed() {
  big_.registry(RegistryKind::failed).requeue_all({.task = "horses.something_else"});
}

void Soak::requeue_all_failed() { big_.registry(RegistryKind::failed).requeue_all(); }

void Soak::delete_canceled() { big_.registry(RegistryKind::canceled).remove_all(); }

void Soak::trim_finished() { big_.registry(RegistryKind::finished).trim(1'000); }

// These look through the whole list, see docs/protocol.md.
void Soak::cancel_what_waits() {
  AnyJob canceled = big_.enqueue(nothing());
  canceled.cancel();
  AnyJob removed = big_.enqueue(nothing());
  removed.remove();
  big_.remove(big_.enqueue(nothing()).id());
  const Group group(big_);
  group.enqueue_many(big_.sibling("grouped"), many(250));
  group.remove();
}

void Soak::change_ended_jobs() {
  auto jobs = work_.enqueue_many(many(20, {"sums.fail", {"why"}}));
  run_worker({"--burst", "--jobs-per-horse", "100", "work"});
  for (AnyJob& job : jobs) job.requeue();
  run_worker({"--burst", "--jobs-per-horse", "100", "work"});
  for (AnyJob& job : jobs) {
    job.save_meta(Value::dict({{"seen", true}}));
    job.remove();
  }
}

void Soak::empty_a_queue() {
  Queue full = big_.sibling("full");
  full.enqueue_many(many(2'500));
  EXPECT_EQ(full.clear(), 2'500);
  full.remove_queue();
}

void Soak::suspend_and_resume() {
  command({"suspend", "--queue", "work"});
  command({"resume", "--queue", "work"});
  command({"suspend"});
  command({"resume"});
}

void Soak::look_from_the_command_line() {
  const std::string job = work_.enqueue(nothing()).id();
  command({"info"});
  command({"info", "big", "q1", "--json"});
  command({"top", "-n", "2", "-i", "0.1"});
  command({"workers", "list"});
  command({"job", "show", job});
  command({"doctor", "--for", "1s"});
  work_.clear();
}

// ---- the whole

std::vector<Soak::Feature> Soak::features() {
  return {{"enqueue", &Soak::enqueue},
          {"enqueue for later", &Soak::enqueue_for_later},
          {"enqueue what is unique", &Soak::enqueue_what_is_unique},
          {"enqueue what waits", &Soak::enqueue_what_waits},
          {"groups", &Soak::enqueue_groups},
          {"run all kinds of jobs", &Soak::run_all_kinds},
          {"run from the backlog", &Soak::run_from_the_backlog},
          {"lose a worker", &Soak::lose_a_worker, false, true},
          {"rest idle", &Soak::rest_idle},
          {"schedule", &Soak::schedule},
          {"cron", &Soak::run_cron},
          {"results", &Soak::read_results},
          {"look into registries", &Soak::look_into_registries},
          {"requeue some failed jobs", &Soak::requeue_some_failed},
          {"requeue all failed jobs", &Soak::requeue_all_failed},
          {"delete canceled jobs", &Soak::delete_canceled},
          {"trim finished jobs", &Soak::trim_finished},
          {"cancel what waits", &Soak::cancel_what_waits, true},
          {"change ended jobs", &Soak::change_ended_jobs},
          {"empty a queue", &Soak::empty_a_queue},
          {"suspend and resume", &Soak::suspend_and_resume},
          {"look from the command line", &Soak::look_from_the_command_line}};
}

CallLedger Soak::do_everything(Crowd& crowd, std::chrono::microseconds logged) {
  round_ += 1;
  crowd.fill_registries();
  CallLedger ledger;
  for (const Feature& feature : features()) {
    if (feature.waits && round_ > 1) continue;
    SCOPED_TRACE(feature.name);
    log_slower_than(connection_, logged);
    (this->*feature.act)();
    ledger.enter(take_slow_log(connection_), feature.name, feature.searches);
    call_yardstick();
  }
  log_slower_than(connection_, -1us);
  return ledger;
}

void Soak::call_yardstick() {
  constexpr int kCalls = 20;
  log_slower_than(connection_, 10us);
  for (int i = 0; i < kCalls; ++i) {
    ask({"EVAL", "for i = 1, 300 do redis.call('HGET', KEYS[1], 'f') end", "1", "yardstick"});
  }
  for (const ExecutedCall& call : take_slow_log(connection_)) {
    if (call.words.front() == "EVAL") yardstick_.push_back(call.duration);
  }
}

std::chrono::microseconds Soak::stretched(std::chrono::microseconds limit) {
  std::sort(yardstick_.begin(), yardstick_.end());
  const auto shortest = yardstick_.at(0);
  const auto longer = yardstick_.at(yardstick_.size() * 19 / 20);
  return limit * longer.count() / shortest.count();
}

void Soak::expect_short_calls(Crowd& crowd) {
  constexpr auto kLogged = 10us;  // whole scripts, and hardly any of their calls
  constexpr int kRounds = 3;
  Names slow;
  Names long_scripts;
  for (int round = 0; round < kRounds; ++round) {
    crowd.hire_dead();
    const CallLedger ledger = do_everything(crowd, kLogged);
    const auto limit = stretched(1ms);
    std::cout << "soak: a millisecond lasts " << limit.count()
              << " us on this machine now; calls of a millisecond or more:\n"
              << ledger.slow_calls(1ms);
    const Names slow_now = ledger.slow_classes(limit);
    const Names long_now = ledger.long_scripts(limit);
    slow = round == 0 ? slow_now : both(slow, slow_now);
    long_scripts = round == 0 ? long_now : both(long_scripts, long_now);
    if (slow.empty() && long_scripts.empty()) return;
  }
  EXPECT_THAT(slow, IsEmpty()) << "they take a millisecond or more";
  EXPECT_THAT(long_scripts, IsEmpty()) << "their medians are a millisecond or more";
}

TEST_F(Soak, NothingThatWeDoGrowsWithWhatIsThere) {
  if (kAddressSanitizer || kThreadSanitizer) GTEST_SKIP() << "it is about Redis, and takes long";
  Crowd crowd(server_.url(), size_);
  crowd.open_queues();
  crowd.hire_living();
  crowd.hire_dead();
  const std::vector<std::string> top{"top", "-n", "10", "-i", "0.1"};
  const std::int64_t info_of_few = commands_of({"info"});
  const std::int64_t top_of_few = commands_of(top);
  crowd.fill_queues();
  EXPECT_EQ(commands_of({"info"}), info_of_few);
  EXPECT_EQ(commands_of(top), top_of_few);
  // Ten looks at a hundred queues and a hundred workers, and their names once, by pages.
  EXPECT_LE(top_of_few, 10 * (7 * 100 + 100) + 20);
  // Of 2,000 keys, 100 queues, 300 workers, 200 jobs and settings; docs/doctor.md.
  EXPECT_LE(commands_of({"doctor", "--for", "1s"}), 3 * 2'000 + 13 * 100 + 300 + 2 * 200 + 200);

  const CallLedger ledger = do_everything(crowd, 0us);

  std::cout << "soak: " << size_.jobs << " jobs, " << ledger.calls() << " calls, the dearest:\n"
            << ledger.to_text(12);
  EXPECT_THAT(ledger.broken_rules(), IsEmpty());

  expect_short_calls(crowd);
}

}  // namespace
}  // namespace rqpp::test
