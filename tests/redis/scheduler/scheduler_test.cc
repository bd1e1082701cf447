#include "scheduler/scheduler.h"

#include <gmock/gmock.h>

#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "support/cutting_proxy.h"
#include "support/redis_state.h"
#include "support/test_server.h"

namespace rqpp::scheduler {
namespace {

using namespace std::chrono_literals;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SchedulerTest : public test::RedisTest {
 protected:
  void begin(redis::Settings settings = test::server().settings()) {
    const auto log =
        base::Log::to([this](base::LogLevel, std::string_view line) { said_.emplace_back(line); });
    scheduler_.emplace(Schedule::Options{.queues = {"q"}}, std::move(settings), log);
  }
  void turn(std::chrono::milliseconds at_most = 10ms) {
    std::vector<pollfd> fds;
    scheduler_->watch(fds);
    poll(fds.data(), fds.size(), static_cast<int>(at_most.count()));
    scheduler_->step(fds, base::this_moment());
  }
  template <class Condition>
  void turn_until(const Condition& condition) {
    const auto until = std::chrono::steady_clock::now() + 30s;
    while (!condition() && std::chrono::steady_clock::now() < until) turn();
    ASSERT_TRUE(condition());
  }
  void turn_for(std::chrono::milliseconds time) {
    const auto until = std::chrono::steady_clock::now() + time;
    while (std::chrono::steady_clock::now() < until) turn();
  }
  void turn_until_it_holds() {
    turn_until([this] { return !scheduler_->held().empty(); });
  }
  /// Redis tracks what it reads.
  void turn_until_it_hears() {
    turn_until([this] { return ask("INFO", "clients").text.find("tracking_clients:1") != npos; });
    turn_for(50ms);
  }
  void schedule(const std::string& id, Time due) {
    const protocol::JobRecord job{
        .id = id, .origin = "q", .status = Status::scheduled, .data = "D"};
    connection.run(protocol::schedule(std::span(&job, 1), due));
  }
  std::vector<std::string> queued() {
    return protocol::read_ids(ask("LRANGE", "rq:queue:q", 0, -1));
  }

  static constexpr auto npos = std::string::npos;
  std::optional<Scheduler> scheduler_;
  std::vector<std::string> said_;
};

TEST_F(SchedulerTest, EnqueuesWhatIsDueAtItsStart) {
  schedule("j1", base::now() - 1h);
  begin();

  turn_until([this] { return !queued().empty(); });

  EXPECT_THAT(queued(), ElementsAre("j1"));
}

TEST_F(SchedulerTest, LeavesNoLockWheneverItStops) {
  for (int steps = 0; steps < 25; ++steps) {
    begin();
    for (int i = 0; i < steps; ++i) turn(1ms);

    scheduler_->end();

    EXPECT_TRUE(ask("KEYS", "*").elements.empty()) << "after " << steps << " steps";
  }
}

TEST_F(SchedulerTest, EnqueuesAJobInTheMomentInWhichItIsDue) {
  begin();
  turn_until_it_hears();

  const Time due = std::chrono::ceil<std::chrono::seconds>(base::now() + 100ms);
  schedule("later", due + 1h);
  schedule("soon", due);
  turn_until([this] { return !queued().empty(); });

  EXPECT_GE(base::now(), due);
  EXPECT_LT(base::now(),
            due + 700ms);  // it may have looked 200 ms ago; the rest is for slow machines
  EXPECT_THAT(queued(), ElementsAre("soon"));
}

TEST_F(SchedulerTest, CostsNothingBetweenItsSignsOfLife) {
  begin();
  turn_until_it_hears();
  schedule("later", base::now() + 1h);
  turn_for(500ms);
  test::reset_counts(connection);

  turn_for(2s);

  EXPECT_THAT(test::command_counts(connection), IsEmpty());
}

TEST_F(SchedulerTest, LooksAFewTimesASecondHoweverMuchIsScheduled) {
  begin();
  turn_until_it_hears();
  test::reset_counts(connection);

  const auto until = std::chrono::steady_clock::now() + 1s;
  for (int i = 0; std::chrono::steady_clock::now() < until; ++i) {
    schedule("j" + std::to_string(i), base::now() + 1h);
    turn(0ms);
  }

  EXPECT_LE(test::command_counts(connection)["zrange"], 6);
}

TEST_F(SchedulerTest, LooksEachSecondWhereItMayNotTrack) {
  ask("ACL", "SETUSER", "plain", "on", ">secret", "~*", "&*", "+@all", "-client|tracking");
  redis::Settings settings = test::server().settings();
  settings.username = "plain";
  settings.password = "secret";
  begin(settings);
  turn_until_it_holds();
  turn_for(300ms);

  schedule("j1", base::now() - 1s);
  turn_until([this] { return !queued().empty(); });

  EXPECT_THAT(queued(), ElementsAre("j1"));
  scheduler_->end();
  ask("ACL", "DELUSER", "plain");
}

TEST_F(SchedulerTest, SaysWhoItIsAndTakesItBackAtTheEnd) {
  begin();
  turn_until_it_hears();

  const std::string name = ask("GET", "rq:scheduler-lock:q").text;
  EXPECT_EQ(name.find_first_not_of("0123456789"), npos) << name;
  EXPECT_EQ(ask("HGET", "rq:scheduler:" + name, "pid").text, std::to_string(getpid()));
  EXPECT_LE(ask("TTL", "rq:scheduler:" + name).number, 61);
  EXPECT_LE(ask("TTL", "rq:scheduler-lock:q").number, 30);

  scheduler_->end();

  EXPECT_TRUE(scheduler_->finished());
  EXPECT_EQ(ask("DBSIZE").number, 0);
  EXPECT_THAT(said_, ElementsAre("Scheduler: schedules q"));
}

// Within a worker it stops before that does: a connection that nobody reads must not wake it.
TEST_F(SchedulerTest, HasNoConnectionOnceItHasStopped) {
  begin();
  turn_until_it_hears();

  scheduler_->stop(base::this_moment());
  turn_until([this] { return scheduler_->finished(); });

  std::vector<pollfd> fds;
  scheduler_->watch(fds);
  EXPECT_EQ(fds.size(), 0);
}

TEST_F(SchedulerTest, LeavesAQueueToWhoHoldsItsLockUntilThatRunsOut) {
  ask("SET", "rq:scheduler-lock:q", "1234", "PX", 1'500);
  schedule("j1", base::now() - 1s);
  begin();
  turn_for(500ms);
  EXPECT_THAT(scheduler_->held(), IsEmpty());
  EXPECT_THAT(queued(), IsEmpty());

  turn_until([this] { return !queued().empty(); });

  EXPECT_THAT(scheduler_->held(), ElementsAre("q"));
}

TEST_F(SchedulerTest, StopsWhenAnotherHasTakenItsQueue) {
  begin();
  turn_until_it_hears();
  ask("SET", "rq:scheduler-lock:q", "other");
  schedule("j1", base::now() - 1s);

  turn_until([this] { return scheduler_->held().empty(); });
  EXPECT_THAT(queued(), IsEmpty());
  scheduler_->end();

  EXPECT_EQ(ask("GET", "rq:scheduler-lock:q").text, "other");
}

TEST_F(SchedulerTest, GoesOnAfterAnOutage) {
  begin();
  turn_until_it_hears();

  ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  schedule("j1", base::now() - 1s);
  turn_until([this] { return !queued().empty(); });

  EXPECT_THAT(queued(), ElementsAre("j1"));
  EXPECT_THAT(said_, Contains("Scheduler: Redis is back"));
}

TEST_F(SchedulerTest, LooksEachSecondWhileItDoesNotHear) {
  begin();
  turn_until_it_hears();

  ask("CLIENT", "KILL", "TYPE", "pubsub");
  schedule("j1", base::now() - 1s);
  turn_until([this] { return !queued().empty(); });
  turn_until_it_hears();

  EXPECT_THAT(said_,
              ElementsAre("Scheduler: schedules q", "Scheduler: enqueued 1 jobs in queue q"));
}

TEST_F(SchedulerTest, SaysWhatItDrops) {
  ask("SET", "rq:job:text", "x");
  ask("ZADD", "rq:scheduled:q", 1, "text");
  begin();

  turn_until([this] { return ask("ZCARD", "rq:scheduled:q").number == 0; });
  turn_for(50ms);

  EXPECT_THAT(said_,
              Contains("Scheduler: job text of queue q is scheduled no more: its key is no hash"));
}

TEST_F(SchedulerTest, SaysWhyItCannotEnqueue) {
  ask("SET", "rq:queue:q", "x");
  schedule("j1", base::now() - 1s);
  begin();
  turn_until([this] { return said_.size() > 1; });

  EXPECT_THAT(said_, Contains(HasSubstr("cannot enqueue what is due in queue q: WRONGTYPE")));
  EXPECT_EQ(ask("ZCARD", "rq:scheduled:q").number, 1);
}

TEST_F(SchedulerTest, EnqueuesOnceForWhoAsks) {
  for (int i = 0; i < 250; ++i) schedule("j" + std::to_string(i), base::now() - 1s);
  schedule("later", base::now() + 1h);
  const std::vector<std::string> queues{"q", "p"};

  enqueue_what_is_due(queues, test::server().settings(), {});

  EXPECT_EQ(queued().size(), 250U);
  EXPECT_EQ(ask("ZCARD", "rq:scheduled:q").number, 1);
  EXPECT_EQ(ask("EXISTS", "rq:scheduler-lock:q", "rq:scheduler-lock:p").number, 0);
}

TEST_F(SchedulerTest, EnqueuesNothingForWhoAsksWhileAnotherSchedules) {
  ask("SET", "rq:scheduler-lock:q", "1234", "EX", 60);
  schedule("j1", base::now() - 1s);

  enqueue_what_is_due({"q"}, test::server().settings(), {});

  EXPECT_THAT(queued(), IsEmpty());
  EXPECT_EQ(ask("GET", "rq:scheduler-lock:q").text, "1234");
}

}  // namespace
}  // namespace rqpp::scheduler
