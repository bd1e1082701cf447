// What Redis will never take costs the job that wrote it, and nobody else.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>

#include "support/fleet_test.h"
#include "support/processes.h"

#include <rqpp/error.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;

class SmallServer {
 protected:
  sandbox::EphemeralServer small_{{.arguments = {"--proto-max-bulk-len", "1048576"}}};
};

class RefusedWrites : private SmallServer, public FleetTest {
 protected:
  RefusedWrites() : FleetTest(small_.url()), control_(small_.settings()) {}

  std::string error_of(const AnyJob& job) {
    try {
      (void)job.wait(30s);
    } catch (const TaskError& error) {
      return error.what();
    }
    return "";
  }

  redis::Connection control_;
};

TEST_F(RefusedWrites, FailTheirJobAlone) {
  constexpr std::int64_t kBytes = 3 << 20;
  start("w", {"q", "--horses", "2"});

  for (const char* task : {"large.result", "large.save_meta", "large.enqueue"}) {
    const AnyJob doomed = enqueue("q", task, {kBytes});
    const AnyJob other = enqueue("q", "horses.add", {1, 2});

    EXPECT_TRUE(becomes(doomed, Status::failed)) << task;
    EXPECT_THAT(error_of(doomed), HasSubstr("could not be written to Redis")) << task;
    EXPECT_EQ(other.wait(30s).as_int(), 3) << task;
  }
  const Ended ended = stop("w");
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.err, Not(HasSubstr("Trying again")));
}

TEST_F(RefusedWrites, ToAQueueThatIsNoListFailTheirJobAlone) {
  control_.run(redis::Batch{}.add("SET", "rq:queue:later", "no list"));
  start("w", {"q"});

  const AnyJob doomed = enqueue("q", "horses.enqueue_add", {1, 2});
  const AnyJob other = enqueue("q", "horses.add", {1, 2});

  EXPECT_THAT(error_of(doomed), HasSubstr("WRONGTYPE"));
  EXPECT_EQ(other.wait(30s).as_int(), 3);
}

TEST_F(RefusedWrites, LeaveTheOtherQueuesOfTheWorkerAlone) {
  control_.run(redis::Batch{}.add("SET", "rq:queue:bad", "no list"));
  start("w", {"bad", "good"});
  worker("w").await_error("'rq:queue:bad' is no list");

  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(enqueue("good", "horses.add", {1, 2}).wait(30s).as_int(), 3);
  }
  const Ended ended = stop("w");
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_EQ(ended.err.find("'rq:queue:bad' is no list"),
            ended.err.rfind("'rq:queue:bad' is no list"));
}

// ---- idle, whatever its number of horses

class IdleWorkers : public FleetTest {};

TEST_F(IdleWorkers, SayThatTheyAreIdleAndGoWhenTheyHaveBeenForLong) {
  for (const char* horses : {"1", "3"}) {
    start("w", {"q", "--horses", horses, "--max-idle-time", "2"});
    EXPECT_EQ(enqueue("q", "horses.add", {1, 2}).wait(30s).as_int(), 3);

    EXPECT_TRUE(becomes_true([&] { return ask("HGET", "rq:worker:w", "state").text == "idle"; }));
    EXPECT_TRUE(ask("HGET", "rq:worker:w", "current_job").is_nil());
    EXPECT_EQ(worker("w").wait().exit_code, 0);
  }
}

}  // namespace
}  // namespace rqpp::test
