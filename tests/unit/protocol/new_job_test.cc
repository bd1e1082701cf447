#include "protocol/new_job.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/compress.h"
#include "codec/serialize.h"
#include "codec/wire_call.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

const Time kNow{1'000s};
const Call kCall{.function = "fib.slow_fib", .args = {20}};

JobRecord made(const EnqueueOptions& options = {}, const Call& call = kCall) {
  return new_job(call, options, "q", Serializer::pickle, "new-id", kNow);
}

std::string refusal_of(const EnqueueOptions& options) {
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
                            .created_at = kNow,
                            .enqueued_at = kNow,
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

TEST(NewJob, CompressesALongCall) {
  const Call call{.function = "m.f", .args = {std::string(100'000, 'x')}};

  const JobRecord job = made({}, call);

  EXPECT_LT(job.data.size(), 1'000U);
  EXPECT_EQ(codec::decode_call(codec::inflate_or_raw(job.data)).call, call);
}

TEST(NewJob, RefusesOptionsOutsideTheirRanges) {
  EXPECT_EQ(refusal_of({.timeout = 0s}), "timeout is 0 s: use 1 to 10000000000 s, or kForever");
  EXPECT_THAT(refusal_of({.timeout = -2s}), HasSubstr("timeout is -2 s"));
  EXPECT_THAT(refusal_of({.result_ttl = -2s}), HasSubstr("result_ttl is -2 s: use 0 to"));
  EXPECT_THAT(refusal_of({.failure_ttl = std::chrono::seconds::max()}), HasSubstr("failure_ttl"));
  EXPECT_THAT(refusal_of({.ttl = 0s}), HasSubstr("ttl is 0 s: use 1 to"));
  EXPECT_THAT(refusal_of({.ttl = kForever}), HasSubstr("leave it unset to wait for ever"));
  EXPECT_THAT(refusal_of({.job_id = "a:b"}), HasSubstr("'a:b'"));
  EXPECT_EQ(refusal_of({.meta = 7}), "meta is a int: use a dict");
  EXPECT_EQ(refusal_of({.unique = true}),
            "unique is by the job's id: name a job_id, or use unique_for");
  EXPECT_THAT(refusal_of({.unique_for = 0s}), HasSubstr("unique_for is 0 s: use 1 to"));
  EXPECT_THAT(refusal_of({.job_id = "j", .unique = true, .unique_for = 1s}), HasSubstr("exclude"));
}

TEST(NewJob, RefusesWhatTheSerializerCannotHold) {
  const Call call{.function = "m.f", .args = {Bytes{"x"}}};

  EXPECT_THROW(made({.serializer = Serializer::json}, call), InvalidArgument);
  EXPECT_NO_THROW(made({}, call));
}

TEST(NewJob, RefusesAQueueWithoutAName) {
  EXPECT_THROW(new_job(kCall, {}, "", Serializer::pickle, "id", kNow), InvalidArgument);
}

TEST(SerializedMeta, IsNothingForAnEmptyDict) {
  EXPECT_EQ(serialized_meta(Value::dict(), Serializer::pickle), "");
  EXPECT_EQ(serialized_meta({}, Serializer::pickle), "");
}

}  // namespace
}  // namespace rqpp::protocol
