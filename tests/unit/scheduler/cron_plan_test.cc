#include "scheduler/cron_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "scheduler/cron.h"

namespace rqpp::scheduler {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

const Instant kMidnight = std::chrono::sys_days{std::chrono::year{2026} / 5 / 1};
using Due = CronPlan::Run;
constexpr std::optional<Instant> kNever{};

CronEntry each(std::chrono::seconds every, Missed missed = Missed::skip) {
  return {.name = "e", .call = {.function = "m.f"}, .every = every, .missed = missed};
}
CronEntry at(const char* cron, Missed missed = Missed::skip) {
  return {.name = "c",
          .call = {.function = "m.f"},
          .cron = cron,
          .expression = CronExpression::parse(cron),
          .missed = missed};
}

/// A plan of one entry that ran last at that time.
CronPlan plan_of(const CronEntry& entry, std::optional<Instant> last, Instant now) {
  CronPlan plan(std::span(&entry, 1));
  plan.begin(std::span(&last, 1), now);
  return plan;
}

TEST(CronPlan, RunsWhatIsDueOnce) {
  CronPlan plan = plan_of(at("0 * * * *"), kNever, kMidnight + 1s);
  EXPECT_EQ(plan.next(), kMidnight + 1h);

  EXPECT_THAT(plan.due(kMidnight + 59min), IsEmpty());
  EXPECT_THAT(plan.due(kMidnight + 1h), ElementsAre(Due{0, kMidnight + 1h}));
  EXPECT_THAT(plan.due(kMidnight + 1h), IsEmpty());
  EXPECT_EQ(plan.next(), kMidnight + 2h);
  EXPECT_EQ(plan.last_of(0), kMidnight + 1h);
}

TEST(CronPlan, BeginsIntervalsAtOnce) {
  CronPlan plan = plan_of(each(30s), kNever, kMidnight);

  EXPECT_THAT(plan.due(kMidnight), ElementsAre(Due{0, kMidnight}));
  EXPECT_EQ(plan.next(), kMidnight + 30s);
}

TEST(CronPlan, GoesOnWhereTheOneBeforeEnded) {
  EXPECT_EQ(plan_of(each(30s), kMidnight - 10s, kMidnight).next(), kMidnight + 20s);
  EXPECT_EQ(plan_of(at("0 * * * *"), kMidnight, kMidnight + 1s).next(), kMidnight + 1h);
}

TEST(CronPlan, MakesUpForWhatIsLessThanAMinuteLate) {
  CronPlan plan = plan_of(at("0 * * * *"), kMidnight, kMidnight + 1h + 60s);

  EXPECT_THAT(plan.due(kMidnight + 1h + 60s), ElementsAre(Due{0, kMidnight + 1h}));
}

TEST(CronPlan, SkipsWhatWasMissed) {
  CronPlan plan = plan_of(at("0 * * * *"), kMidnight, kMidnight + 5h + 61s);

  EXPECT_THAT(plan.due(kMidnight + 5h + 61s), IsEmpty());
  EXPECT_EQ(plan.next(), kMidnight + 6h);
}

TEST(CronPlan, RunsOnceForAllThatWasMissed) {
  CronPlan plan = plan_of(at("0 * * * *", Missed::once), kMidnight, kMidnight + 5h + 30min);
  EXPECT_THAT(plan.due(kMidnight + 5h + 30min), ElementsAre(Due{0, kMidnight + 5h}));

  CronPlan periods = plan_of(each(30s, Missed::once), kMidnight, kMidnight + 24h * 365 + 7s);
  EXPECT_THAT(periods.due(kMidnight + 24h * 365 + 7s), ElementsAre(Due{0, kMidnight + 24h * 365}));
  EXPECT_EQ(periods.next(), kMidnight + 24h * 365 + 30s);
}

TEST(CronPlan, RunsAllThatWasMissedAHundredAtATime) {
  CronPlan plan = plan_of(at("0 * * * *", Missed::all), kMidnight, kMidnight + 250h);

  EXPECT_THAT(plan.due(kMidnight + 250h), SizeIs(100));
  EXPECT_THAT(plan.due(kMidnight + 250h), SizeIs(100));
  const auto rest = plan.due(kMidnight + 250h);
  EXPECT_THAT(rest, SizeIs(50));
  EXPECT_EQ(rest.back(), (Due{0, kMidnight + 250h}));
}

TEST(CronPlan, FindsTheNewestOfVeryManyWithoutCountingThem) {
  const Instant now = kMidnight + 24h * 3650 + 5s;
  CronPlan plan = plan_of(at("* * * * * *", Missed::once), kMidnight, now);

  EXPECT_THAT(plan.due(now), ElementsAre(Due{0, now}));
}

TEST(CronPlan, WaitsWhenTheClockWasPutBack) {
  CronPlan plan = plan_of(at("0 * * * *"), kMidnight + 1h, kMidnight);

  EXPECT_THAT(plan.due(kMidnight + 1h), IsEmpty());
  EXPECT_EQ(plan.next(), kMidnight + 2h);
}

TEST(CronPlan, DoesNotBelieveARecordOfTheFarFuture) {
  CronPlan plan = plan_of(at("0 * * * *"), kMidnight + 24h * 400, kMidnight);

  EXPECT_EQ(plan.next(), kMidnight + 1h);
}

TEST(CronJobsJson, IsWhatRqReads) {
  CronEntry report = at("30 2 * * *");
  report.name = "report";
  report.call = {.function = "m.f", .args = {1, "a"}, .kwargs = {{"b", true}}};
  report.queue = "mail";
  report.options.timeout = 30s;
  CronEntry ping = each(30s);
  ping.call.args = {Value(Bytes{.data = "x"})};
  const std::vector<CronEntry> entries{report, ping};
  CronPlan plan(entries);
  const std::vector<std::optional<Instant>> last{kMidnight, kNever};
  plan.begin(last, kMidnight);

  EXPECT_EQ(
      cron_jobs_json(plan),
      R"([{"func_name": "m.f", "name": "report", "queue_name": "mail", "args": "[1, \"a\"]", )"
      R"("kwargs": "{\"b\": true}", "interval": null, "cron": "30 2 * * *", )"
      R"("latest_enqueue_time": "2026-05-01T00:00:00.000000Z", )"
      R"("next_enqueue_time": "2026-05-01T02:30:00.000000Z", "job_timeout": 30}, )"
      R"({"func_name": "m.f", "name": "e", "queue_name": "default", )"
      R"("args": "<not JSON serializable>", "kwargs": null, "interval": 30, "cron": null, )"
      R"("latest_enqueue_time": null, "next_enqueue_time": "2026-05-01T00:00:00.000000Z"}])");
}

}  // namespace
}  // namespace rqpp::scheduler
