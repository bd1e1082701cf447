#include "protocol/new_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/compress.h"
#include "codec/serialize.h"
#include "codec/wire_call.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

const Time kMade{1'000s};
const Call kCall{.function = "fib.slow_fib", .args = {20}};

JobRecord made(const EnqueueOptions& options = {}, const Call& call = kCall) {
  return new_job(call, options, "q", Serializer::pickle, "new-id", kMade);
}

std::string refusal_of_options(const EnqueueOptions& options) {
  try {
    made(options);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no refusal";
}

TEST(NewJob, HasRqsDefaults) {
  const JobRecord job = made();

  EXPECT_EQ(job, (JobRecord{.id = "new-id",
                            .origin = "q",
                            .status = Status::queued,
                            .description = "fib.slow_fib(20)",
                            .data = codec::encode_call(kCall, Serializer::pickle),
                            .created_at = kMade,
                            .enqueued_at = kMade,
                            .timeout_seconds = 180}));
}

TEST(NewJob, TakesEveryOption) {
  const JobRecord job = made({.timeout = kForever,
                              .result_ttl = 0s,
                              .failure_ttl = kForever,
                              .ttl = 60s,
                              .description = "the last one",
                              .job_id = "my-id",
                              .meta = Value::dict({{"page", 1}}),
                              .serializer = Serializer::json});

  EXPECT_EQ(job.id, "my-id");
  EXPECT_EQ(job.timeout_seconds, -1);
  EXPECT_EQ(job.result_ttl_seconds, 0);
  EXPECT_EQ(job.failure_ttl_seconds, -1);
  EXPECT_EQ(job.ttl_seconds, 60);
  EXPECT_EQ(job.description, "the last one");
  EXPECT_EQ(job.data, R"(["fib.slow_fib", null, [20], {}])");
  EXPECT_EQ(job.meta, R"({"page": 1})");
}

TEST(NewJob, WritesRerunsAsRqDoes) {
  const JobRecord plain = made({.retry = {.max = 3}, .repeat = {.times = 4}});
  const JobRecord waits = made({.retry = {.max = 2, .intervals = {10s, 60s}, .at_front = true},
                                .repeat = {.times = 2, .intervals = {5s}}});
  const JobRecord grows = made({.retry = {.max = 3, .backoff = Backoff{.first = 10s}}});

  EXPECT_EQ(plain.retries_left, 3);
  EXPECT_THAT(plain.retry_intervals, ElementsAre(0));
  EXPECT_FALSE(plain.retry_at_front);
  EXPECT_EQ(plain.repeats_left, 4);
  EXPECT_THAT(plain.repeat_intervals, ElementsAre(0));
  EXPECT_THAT(waits.retry_intervals, ElementsAre(10, 60));
  EXPECT_TRUE(waits.retry_at_front);
  EXPECT_THAT(waits.repeat_intervals, ElementsAre(5));
  EXPECT_THAT(grows.retry_intervals, ElementsAre(10, 20, 40));
}

TEST(NewJob, RefusesRerunsThatMakeNoSense) {
  EXPECT_THAT(refusal_of_options({.retry = {.max = -3}}), HasSubstr("retry.max is -3"));
  EXPECT_THAT(refusal_of_options({.retry = {.max = 0, .intervals = {5s}}}),
              HasSubstr("retry.max is 0"));
  EXPECT_THAT(refusal_of_options({.retry = {.intervals = {-5s}}}), HasSubstr("-5 s is no wait"));
  EXPECT_THAT(refusal_of_options({.repeat = {.times = -1}}),
              HasSubstr("repeat.times is -1: use 1 or more, or no repeat"));
  EXPECT_THAT(refusal_of_options({.repeat = {.intervals = {-5s}}}),
              HasSubstr("repeat.intervals: -5 s"));
}

TEST(NewJob, CompressesALongCall) {
  const Call call{.function = "m.f", .args = {std::string(100'000, 'x')}};

  const JobRecord job = made({}, call);

  EXPECT_LT(job.data.size(), 1'000U);
  EXPECT_EQ(codec::decode_call(codec::inflate_or_raw(job.data)).call, call);
}

TEST(NewJob, RefusesOptionsOutsideTheirRanges) {
  EXPECT_EQ(refusal_of_options({.timeout = 0s}),
            "timeout is 0 s: use 1 to 10000000000 s, or -1 for no limit");
  EXPECT_THAT(refusal_of_options({.timeout = -2s}), HasSubstr("timeout is -2 s"));
  EXPECT_THAT(refusal_of_options({.result_ttl = -2s}), HasSubstr("result_ttl is -2 s: use 0 to"));
  EXPECT_THAT(refusal_of_options({.failure_ttl = std::chrono::seconds::max()}),
              HasSubstr("failure_ttl"));
  EXPECT_THAT(refusal_of_options({.ttl = 0s}), HasSubstr("ttl is 0 s: use 1 to"));
  EXPECT_THAT(refusal_of_options({.ttl = kForever}), HasSubstr("leave it unset to wait for ever"));
  EXPECT_THAT(refusal_of_options({.job_id = "a:b"}), HasSubstr("'a:b'"));
  EXPECT_EQ(refusal_of_options({.meta = 7}), "meta is a int: use a dict");
  EXPECT_EQ(refusal_of_options({.unique = true}),
            "unique is by the job's id: name a job_id, or use unique_for");
  EXPECT_EQ(refusal_of_options({.job_id = "j", .depends_on = "a", .unique = true}),
            "a unique job cannot wait for others, as in RQ");
  EXPECT_THAT(refusal_of_options({.unique_for = 0s}), HasSubstr("unique_for is 0 s: use 1 to"));
  EXPECT_THAT(refusal_of_options({.job_id = "j", .unique = true, .unique_for = 1s}),
              HasSubstr("exclude"));
}

TEST(NewJob, RefusesWhatTheSerializerCannotHold) {
  const Call call{.function = "m.f", .args = {Bytes{"x"}}};

  EXPECT_THROW(made({.serializer = Serializer::json}, call), InvalidArgument);
  EXPECT_NO_THROW(made({}, call));
}

TEST(NewJob, ThatWaitsForOthersIsDeferred) {
  const JobRecord job =
      made({.at_front = true, .depends_on = {{"a", "b", "a"}, {.allow_failure = true}}});

  EXPECT_EQ(job.status, Status::deferred);
  EXPECT_EQ(job.enqueued_at, std::nullopt);
  EXPECT_THAT(job.dependency_ids, ElementsAre("a", "b"));
  EXPECT_TRUE(job.allow_dependency_failures);
  EXPECT_FALSE(job.allow_dependency_stops);
  EXPECT_TRUE(job.enqueue_at_front);
}

TEST(NewJob, WaitsForThoseWhoseResultsItTakes) {
  const Call call{.function = "m.f",
                  .args = {{}},
                  .kwargs = {{"b", {}}},
                  .results = {{"0", "j1"}, {"b", "j2"}}};

  const JobRecord job = made({.depends_on = "j2"}, call);

  EXPECT_THAT(job.dependency_ids, ElementsAre("j2", "j1"));
  EXPECT_EQ(job.results, R"({"0": "j1", "b": "j2"})");
  EXPECT_EQ(job.description, "m.f(<result of j1>, b=<result of j2>)");
  EXPECT_EQ(read_results_text(job.results), call.results);
}

TEST(ReadResultsText, RefusesWhatNamesNoJobs) {
  for (const char* text : {"{", "[]", R"({"0": 1})", R"({"0": ""})"}) {
    EXPECT_THROW(read_results_text(text), DecodeError) << text;
  }
}

TEST(NewJob, RefusesToWaitForItselfOrForWhatIsNoJob) {
  EXPECT_EQ(refusal_of_options({.job_id = "a", .depends_on = "a"}),
            "job 'a' cannot wait for itself");
  EXPECT_THAT(refusal_of_options({.depends_on = ""}), HasSubstr("a job's id is not empty"));
  EXPECT_THAT(refusal_of_options({.depends_on = "\xff"}), HasSubstr("its id is not UTF-8"));
}

TEST(NewJob, WithAConcurrencyLimitWaitsForASlot) {
  const JobRecord job =
      made({.at_front = true, .concurrency_limit = {.key = "api", .jobs = 3}}, kCall);

  EXPECT_EQ(job.status, Status::rate_limited);
  EXPECT_EQ(job.enqueued_at, std::nullopt);
  EXPECT_EQ(job.limit_key, "api");
  EXPECT_EQ(job.limit_jobs, 3);
  EXPECT_TRUE(job.enqueue_at_front);
}

TEST(NewJob, RefusesAConcurrencyLimitThatMakesNoSense) {
  EXPECT_EQ(refusal_of_options({.concurrency_limit = {.jobs = 2}}),
            "concurrency_limit.key is '': use 1 to 200 bytes in one line");
  EXPECT_EQ(refusal_of_options({.concurrency_limit = {.key = "api", .jobs = 0}}),
            "concurrency_limit.jobs is 0: use 1 to 1000000");
  EXPECT_EQ(refusal_of_options({.rate_limit = {.key = "a"}, .concurrency_limit = {.key = "api"}}),
            "rate_limit and concurrency_limit exclude each other");
  EXPECT_EQ(refusal_of_options({.concurrency_limit = {.key = "api"}, .unique_for = 1s}),
            "a unique job cannot have a concurrency_limit, as in RQ");
}

TEST(NewJob, RefusesAQueueWithoutAName) {
  EXPECT_THROW(new_job(kCall, {}, "", Serializer::pickle, "id", kMade), InvalidArgument);
}

TEST(SerializedMeta, IsNothingForAnEmptyDict) {
  EXPECT_EQ(serialized_meta(Value::dict(), Serializer::pickle), "");
  EXPECT_EQ(serialized_meta({}, Serializer::pickle), "");
}

}  // namespace
}  // namespace rqpp::protocol
