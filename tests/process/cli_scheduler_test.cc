// Scheduled jobs, from the command line to the worker.

#include <csignal>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/clock.h"
#include "support/program.h"
#include "support/redis_state.h"
#include "support/test_server.h"
#include "support/worker_test.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CliScheduler : public WorkerTest {
 protected:
  static std::vector<std::string> scheduler_words() {
    return {"scheduler", "default", "--url", server().url()};
  }
  AnyJob schedule(std::chrono::seconds delay, const std::string& task = "sums.add") {
    return queue_.enqueue_in(delay, Call{.function = task, .args = {2, 3}});
  }
  template <class Condition>
  static void await(const Condition& condition) {
    while (!condition()) ::usleep(1'000);
  }
  bool is_owner(const Program& scheduler) {
    const std::string name = ask("GET", "rq:scheduler-lock:default").text;
    return ask("HGET", "rq:scheduler:" + name, "pid").text == std::to_string(scheduler.pid());
  }
  void await_owner(const Program& owner) {
    await([&] { return is_owner(owner); });
  }
  bool is_held() { return ask("EXISTS", "rq:scheduler-lock:default").number == 1; }
};

TEST_F(CliScheduler, EnqueuesWhatIsDueUntilItIsStopped) {
  Program scheduler(scheduler_words());
  await_owner(scheduler);
  const AnyJob job = schedule(1s);

  await([&] { return job.status() == Status::queued; });
  scheduler.signal(SIGTERM);
  const Ended ended = scheduler.wait();

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(queue_.ids(), ElementsAre(job.id()));
  EXPECT_FALSE(is_held());
  EXPECT_THAT(ended.err, AllOf(HasSubstr("Scheduler: started with PID"),
                               HasSubstr("Scheduler: schedules default")));
}

TEST_F(CliScheduler, TakesOverFromOneThatWasKilled) {
  Program first(scheduler_words());
  await_owner(first);
  Program second(scheduler_words());
  second.await_error("started");
  first.signal(SIGKILL);
  first.wait();
  const AnyJob job = schedule(0s);
  ask("PEXPIRE", "rq:scheduler-lock:default", 100);  // not 30 s, for the test's sake
  Program third(scheduler_words());

  // Whoever asks first when it has run out: the second may not have asked before it was shortened.
  await([&] { return is_owner(second) || is_owner(third); });
  await([&] { return job.status() == Status::queued; });

  EXPECT_THAT(queue_.ids(), ElementsAre(job.id()));
}

TEST_F(CliScheduler, GivesUpWithoutRedis) {
  const Ended ended = rqpp({"scheduler", "--url", "redis://localhost:1"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("cannot reach redis://localhost:1/0"));
}

TEST_F(CliScheduler, RefusesAQueueThatCannotBe) {
  EXPECT_EQ(rqpp({"scheduler", "a,b", "--url", server().url()}).exit_code, 2);
}

TEST_F(CliScheduler, IsPartOfAWorkerThatIsAsked) {
  Program worker(words({"--with-scheduler"}));
  await_owner(worker);
  const AnyJob job = schedule(1s);

  await([&] { return job.status() == Status::finished; });

  EXPECT_EQ(job.result(), Value(5));
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait().exit_code, 0);
  EXPECT_FALSE(is_held());
}

TEST_F(CliScheduler, LeavesItsQueuesToOthersWhileAStoppingWorkerFinishesItsJob) {
  Program worker(words({"--with-scheduler"}));
  await_owner(worker);
  const AnyJob job = enqueue("horses.wait_for_stop");
  await([&] { return job.status() == Status::started; });

  worker.signal(SIGTERM);

  await([&] { return !is_held(); });
  EXPECT_EQ(job.status(), Status::started);
}

TEST_F(CliScheduler, EnqueuesOnceForAWorkerInBurst) {
  const AnyJob due = schedule(0s);
  const AnyJob later = schedule(1h);
  await([&] { return base::now() >= due.info().due_at; });

  EXPECT_EQ(burst({"--with-scheduler"}).exit_code, 0);

  EXPECT_EQ(due.status(), Status::finished);
  EXPECT_EQ(later.status(), Status::scheduled);
  EXPECT_FALSE(is_held());
}

TEST_F(CliScheduler, IsNoPartOfAWorkerThatIsNotAsked) {
  const AnyJob due = schedule(0s);
  await([&] { return base::now() >= due.info().due_at; });

  EXPECT_EQ(burst().exit_code, 0);

  EXPECT_EQ(due.status(), Status::scheduled);
}

TEST_F(CliScheduler, IsPartOfEveryPool) {
  const AnyJob due = schedule(0s);
  await([&] { return base::now() >= due.info().due_at; });
  std::vector<std::string> pool = words({"--burst", "-n", "2"});
  pool[0] = "worker-pool";

  EXPECT_EQ(rqpp(pool).exit_code, 0);

  EXPECT_EQ(due.status(), Status::finished);
}

TEST_F(CliScheduler, IsToldByTheCommandLineWhenAJobIsDue) {
  const auto run = [](std::vector<std::string> words) {
    return rqpp(std::move(words), {.environment = {{"RQ_REDIS_URL", server().url()}}});
  };

  const Ended soon = run({"enqueue", "m.f", "--schedule-in", "2h", "--job-id", "j1"});
  const Ended then = run({"enqueue", "m.f", "--schedule-at", "2096-02-29T10:00:00Z"});

  EXPECT_EQ(soon.exit_code, 0) << soon.err;
  EXPECT_EQ(then.exit_code, 0) << then.err;
  EXPECT_THAT(queue_.ids(), IsEmpty());
  EXPECT_EQ(ask("ZSCORE", "rq:scheduled:default", "j1").type, redis::Reply::Type::string);
  EXPECT_EQ(ask("ZRANGE", "rq:scheduled:default", -1, -1, "WITHSCORES").elements.at(1).text,
            "3981348000");
  EXPECT_THAT(run({"job", "show", "j1"}).out, AllOf(HasSubstr("scheduled"), HasSubstr("due  ")));
}

TEST_F(CliScheduler, RefusesTwoTimesForOneJob) {
  const Ended ended = rqpp({"enqueue", "m.f", "--schedule-in", "2h", "--schedule-at",
                            "2096-02-29T10:00:00Z", "--url", server().url()});

  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ask("DBSIZE").number, 0);
}

}  // namespace
}  // namespace rqpp::test
