// kill -9, and worse, of everything that a worker is made of. Leases last 10 s and nothing shortens
// them, so what has to wait for one is tested together.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/resource.h>

#include <chrono>
#include <csignal>
#include <fstream>
#include <string>
#include <utility>

#include "support/fleet_test.h"
#include "support/processes.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class Deaths : public FleetTest {
 protected:
  /// The processes that `horses.sleep_as_family` wrote into the file.
  std::pair<pid_t, pid_t> family_in(const std::string& name) const {
    std::pair<pid_t, pid_t> pids;
    EXPECT_TRUE(becomes_true([&] {
      std::ifstream file(path(name));
      return bool(file >> pids.first >> pids.second);
    }));
    return pids;
  }
  bool is_registered(const std::string& name) {
    return ask("SISMEMBER", "rq:workers", "rq:worker:" + name).number == 1;
  }
  std::string incarnation_of(const std::string& name) {
    return ask("HGET", "rq:worker:" + name, "rqpp_worker").text;
  }
  /// Whatever Redis has about a run of this job.
  std::int64_t traces_of(const AnyJob& job, const std::string& queue_name) {
    return ask("EXISTS", "rq:executions:" + job.id(), "rq:wip:" + queue_name).number;
  }
  void give_retries(const AnyJob& job, int retries) {
    ask("HSET", "rq:job:" + job.id(), "retries_left", std::to_string(retries));
  }
};

TEST_F(Deaths, OfAHorseSettlesItsJobAtOnce) {
  start("w");
  const AnyJob job = enqueue_gated("default", "never");
  ASSERT_TRUE(becomes_true([&] { return runs().size() == 1; }));

  ::kill(runs().front().horse, SIGKILL);

  EXPECT_TRUE(becomes(job, Status::failed, 3s));
  EXPECT_THAT(job.exc_info(), HasSubstr("signal 9"));
  EXPECT_EQ(traces_of(job, "default"), 0);
}

TEST_F(Deaths, OfTheStableEndItsJobAndLoseNoDescriptor) {
  // No horse is forked ahead here: the new stable is not held up by one that died unused.
  Program& worker = start("w", {"--jobs-per-horse", "2"});
  std::size_t descriptors = 0;
  for (int i = 1; i <= 50; ++i) {
    const AnyJob job = enqueue_gated("default", "never");
    ASSERT_TRUE(becomes_true([&] { return runs(job.id()).size() == 1; })) << i;

    ::kill(runs(job.id()).front().stable, SIGKILL);

    ASSERT_TRUE(becomes(job, Status::failed, 5s)) << i;
    ASSERT_THAT(job.exc_info(),
                HasSubstr("the stable, the process that it was forked by, is gone"));
    // The next horse is there: all that was needed for it is open.
    ASSERT_FALSE(enqueue("default", "horses.pid").wait(30s).is_null());
    if (i == 1) descriptors = open_descriptors_of(worker.pid());
  }

  EXPECT_EQ(open_descriptors_of(worker.pid()), descriptors);
}

TEST_F(Deaths, OfTheStableUseUpARetry) {
  const AnyJob job = enqueue_gated("default", "a");
  give_retries(job, 1);
  start("w");
  ASSERT_TRUE(becomes_true([&] { return runs().size() == 1; }));

  ::kill(runs().front().stable, SIGKILL);

  ASSERT_TRUE(becomes_true([&] { return runs().size() == 2; }));
  open("a");
  EXPECT_TRUE(becomes(job, Status::finished));
}

// What another worker is for.
TEST_F(Deaths, OfParentsAreNoticedByOthers) {
  const AnyJob again = enqueue_gated("again", "open");
  give_retries(again, 2);
  const AnyJob third = enqueue_gated("third", "never");
  give_retries(third, 5);
  ask("HSET", "rq:job:" + third.id(), "rqpp_losses", "first loss\nsecond loss");
  const AnyJob family = enqueue("family", "horses.sleep_as_family", {path("family")});
  for (const char* name : {"again", "third", "family", "inbox"}) start(name, {name});
  const auto relatives = family_in("family");
  ASSERT_TRUE(becomes_true([&] { return runs().size() == 2; }));
  const pid_t horse = runs(again.id()).front().horse;
  const AnyJob arrived = enqueue("elsewhere", "horses.pid");
  ask("DEL", "rq:queue:elsewhere");
  ask("RPUSH", "rqpp:inbox:" + incarnation_of("inbox"), arrived.id());
  for (const char* name : {"heir1", "heir2"}) {
    start(name, {"again", "third", "family", "inbox", "elsewhere"});
  }

  const auto killed_at = std::chrono::steady_clock::now();
  for (const char* name : {"again", "third", "family", "inbox"}) kill(name);

  EXPECT_TRUE(becomes_true(
      [&] { return is_over(horse) && is_over(relatives.first) && is_over(relatives.second); }, 3s));
  // The same name again, at once: it waits until the lease of the dead one has run out.
  Program& namesake = launch("again", {"namesake"});
  EXPECT_TRUE(becomes(family, Status::failed, 16s));
  EXPECT_THAT(family.exc_info(), AllOf(HasSubstr("AbandonedJobError"),
                                       HasSubstr("worker 'family' was lost while it ran the job")));
  EXPECT_TRUE(becomes_true([&] { return runs(again.id()).size() == 2; }, 16s));
  EXPECT_TRUE(becomes(third, Status::failed, 16s));
  EXPECT_THAT(third.exc_info(),
              AllOf(HasSubstr("first loss\nsecond loss\n"), HasSubstr("worker 'third' was lost"),
                    HasSubstr("It is not run again")));
  EXPECT_TRUE(becomes(arrived, Status::finished, 16s));
  EXPECT_LT(std::chrono::steady_clock::now() - killed_at, 16s);
  namesake.await_error("*** Listening on namesake");
  open("open");
  EXPECT_TRUE(becomes(again, Status::finished));
  EXPECT_THAT(runs(again.id()), SizeIs(2));  // of two heirs one ran it
  EXPECT_EQ(ask("HGET", "rq:job:" + again.id(), "retries_left").text, "1");
  EXPECT_TRUE(becomes_true([&] {
    return !is_registered("third") && !is_registered("family") && !is_registered("inbox");
  }));
  EXPECT_EQ(traces_of(again, "again") + traces_of(third, "third"), 0);
  EXPECT_FALSE(enqueue("namesake", "horses.pid").wait(30s).is_null());
}

TEST_F(Deaths, ThatWereNoneWriteNothing) {
  start("late", {"both", "own"});
  const AnyJob lost = enqueue_gated("both", "open");
  ASSERT_TRUE(becomes_true([&] { return runs().size() == 1; }));
  start("idle", {"idle"});
  const std::string idle = incarnation_of("idle");
  start("heir", {"both", "idle"});

  signal("late", SIGSTOP);
  signal("idle", SIGSTOP);
  ASSERT_TRUE(becomes(lost, Status::failed, 20s));
  ASSERT_TRUE(becomes_true([&] { return !is_registered("late") && !is_registered("idle"); }));
  open("open");  // its horse is not stopped and ends the job
  const AnyJob own = enqueue("own", "horses.pid");

  signal("late", SIGCONT);
  worker("late").await_error("its outcome is dropped");
  EXPECT_EQ(lost.status(), Status::failed);
  EXPECT_TRUE(becomes(own, Status::finished));
  EXPECT_TRUE(becomes_true([&] { return is_registered("late"); }));

  // Redis takes the one that stands still for a waiting client.
  enqueue("elsewhere", "horses.pid");
  ask("LMOVE", "rq:queue:elsewhere", "rqpp:inbox:" + idle, "LEFT", "RIGHT");
  kill("idle");
  ask("ZADD", "rqpp:leases", 1, idle);  // instead of half a minute's wait
  EXPECT_TRUE(becomes_true([&] { return ask("LLEN", "rq:queue:elsewhere").number == 1; }));
  EXPECT_EQ(ask("EXISTS", "rqpp:inbox:" + idle).number, 0);
}

TEST_F(Deaths, ThatAWorkerCausesItselfLeaveItsJobsToOthers) {
  start("w");
  const AnyJob job = enqueue_gated("default", "never");
  ASSERT_TRUE(becomes_true([&] { return runs().size() == 1; }));
  start("heir");

  // It can poll no more descriptors, and gives up.
  const rlimit none{.rlim_cur = 1, .rlim_max = 1};
  ASSERT_EQ(::prlimit(worker("w").pid(), RLIMIT_NOFILE, &none, nullptr), 0);
  signal("w", SIGHUP);  // wakes it

  EXPECT_EQ(worker("w").wait().exit_code, 1);
  EXPECT_TRUE(becomes(job, Status::failed, 16s));
  EXPECT_EQ(traces_of(job, "default"), 0);
}

}  // namespace
}  // namespace rqpp::test
