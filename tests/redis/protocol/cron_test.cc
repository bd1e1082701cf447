#include "protocol/cron.h"

#include <gmock/gmock.h>

#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr std::chrono::sys_seconds kDue{1'000s};

class CronScript : public ProtocolTest {
 protected:
  CronScript() { ask("SET", "rqpp:cron:g:leader", "me"); }

  CronAnswer enqueue(std::chrono::sys_seconds due, const std::string& who = "me",
                     bool may_overlap = true) {
    const CronRun run{.entry = "e", .due = due, .may_overlap = may_overlap};
    JobRecord record = job(cron_job_id("e", due));
    record.ttl_seconds = 50;
    const auto reply = connection.run(enqueue_cron("g", who, run, record, kNow)).at(0);
    return static_cast<CronAnswer>(reply.number);
  }
  std::vector<std::string> queued() { return read_ids(ask("LRANGE", "rq:queue:q", 0, -1)); }
};

TEST_F(CronScript, EnqueuesARunAndShowsItToRq) {
  EXPECT_EQ(enqueue(kDue), CronAnswer::enqueued);

  EXPECT_EQ(keys(), R"(
rq:cron_job:e:jobs zset cron-e-1000=1000 (ttl 31536000)
rq:cron_jobs zset e=1000
rq:job:cron-e-1000 hash data=D origin=q status=queued ttl=50 (ttl 50)
rq:queue:q list cron-e-1000
rq:queues set rq:queue:q
rqpp:cron:g hash e=1000 cron-e-1000 (ttl 31536000)
rqpp:cron:g:leader string me
)");
}

TEST_F(CronScript, EnqueuesNoRunTwice) {
  enqueue(kDue);
  succeed(job("cron-e-1000"), claim({"q"}).started.at(0).run);
  ask("DEL", "rq:job:cron-e-1000");

  EXPECT_EQ(enqueue(kDue), CronAnswer::was_enqueued);
  EXPECT_EQ(enqueue(kDue - 1s), CronAnswer::was_enqueued);
  EXPECT_THAT(queued(), IsEmpty());
  EXPECT_EQ(enqueue(kDue + 1s), CronAnswer::enqueued);
}

TEST_F(CronScript, EnqueuesNothingForOneThatDoesNotLead) {
  const std::string before = keys();

  EXPECT_EQ(enqueue(kDue, "other"), CronAnswer::not_leading);

  EXPECT_EQ(keys(), before);
}

TEST_F(CronScript, WaitsForTheJobBeforeIfItIsAsked) {
  enqueue(kDue);
  EXPECT_EQ(enqueue(kDue + 60s, "me", false), CronAnswer::would_overlap);
  const Execution run = claim({"q"}).started.at(0).run;
  EXPECT_EQ(enqueue(kDue + 120s, "me", false), CronAnswer::would_overlap);
  EXPECT_EQ(enqueue(kDue + 120s, "me", false), CronAnswer::was_enqueued);

  succeed(job("cron-e-1000"), run);

  EXPECT_EQ(enqueue(kDue + 180s, "me", false), CronAnswer::enqueued);
  EXPECT_EQ(enqueue(kDue + 240s, "me", true), CronAnswer::enqueued);
  EXPECT_THAT(queued(), ElementsAre("cron-e-1180", "cron-e-1240"));
}

TEST_F(CronScript, DoesNotBelieveARecordOfTheFarFuture) {
  ask("HSET", "rqpp:cron:g", "e", "99999999 cron-e-99999999");

  EXPECT_EQ(enqueue(kDue), CronAnswer::enqueued);
}

TEST_F(CronScript, LosesNothingWhenTheQueueIsNoList) {
  ask("SET", "rq:queue:q", "x");
  const std::string before = keys();

  EXPECT_THROW(enqueue(kDue), CommandError);

  EXPECT_EQ(keys(), before);
}

TEST_F(CronScript, ReadsTheLastRuns) {
  enqueue(kDue);
  ask("HSET", "rqpp:cron:g", "broken", "soon");
  const std::vector<std::string> entries{"e", "new", "broken"};

  EXPECT_THAT(read_last_cron_runs(connection.run(last_cron_runs("g", entries)).at(0)),
              ElementsAre(kDue, std::nullopt, std::nullopt));
}

TEST_F(CronScript, IsLedByOneAtATime) {
  EXPECT_EQ(number(lead_cron("h", "a", 10s)), 0);  // an array
  EXPECT_EQ(ask("GET", "rqpp:cron:h:leader").text, "a");
  EXPECT_EQ(ttl("rqpp:cron:h:leader"), 10);
  connection.run(lead_cron("h", "b", 10s));
  EXPECT_EQ(ask("GET", "rqpp:cron:h:leader").text, "a");

  connection.run(announce_cron({.name = "a", .hostname = "host", .pid = 7, .jobs = "[]"}, kNow));
  EXPECT_EQ(score("rq:cron_schedulers", "a"), "1000");
  EXPECT_EQ(ttl("rq:cron_scheduler:a"), 120);
  connection.run(leave_cron("h", "b"));
  EXPECT_EQ(ask("GET", "rqpp:cron:h:leader").text, "a");
  connection.run(leave_cron("h", "a"));
  EXPECT_EQ(ask("EXISTS", "rqpp:cron:h:leader", "rq:cron_scheduler:a", "rq:cron_schedulers").number,
            0);
}

TEST_F(CronScript, CostsAtMostFourteenCommands) {
  enqueue(kDue);
  test::reset_counts(admin());

  enqueue(kDue + 1s, "me", false);
  EXPECT_LE(test::total(test::command_counts(admin())), 6);
  test::reset_counts(admin());
  enqueue(kDue + 2s);

  EXPECT_LE(test::total(test::command_counts(admin())), 14);
}

TEST(CronJobId, HoldsWhatRqAllows) {
  EXPECT_EQ(cron_job_id("nightly-the report!", kDue), "cron-nightly-the_report_-1000");
}

}  // namespace
}  // namespace rqpp::protocol
