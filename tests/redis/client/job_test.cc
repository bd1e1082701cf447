#include <gmock/gmock.h>

#include "redis/client/client_test.h"

namespace rqpp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class JobTest : public ClientTest {
 protected:
  template <class E, class Action>
  static std::string refusal_of(const Action& action) {
    try {
      action();
    } catch (const E& error) {
      return error.what();
    }
    return "no refusal";
  }
};

TEST_F(JobTest, HasNoResultUntilItHasEnded) {
  const Job<long> job = queue.enqueue(kSlowFib(20));
  EXPECT_EQ(job.result(), std::nullopt);
  EXPECT_EQ(job.status(), Status::queued);

  const auto run = start();
  EXPECT_EQ(job.result(), std::nullopt);
  EXPECT_EQ(job.status(), Status::started);

  succeed(run, 10946);
  EXPECT_EQ(job.result(), 10946);
  EXPECT_EQ(job.status(), Status::finished);
}

TEST_F(JobTest, GivesItsResultInOneRoundTrip) {
  const Job<long> job = queue.enqueue(kSlowFib(20));
  run_next(10946);
  test::reset_counts(connection);

  (void)job.result();

  EXPECT_EQ(test::command_counts(connection),
            (std::map<std::string, std::int64_t>{
                {"multi", 1}, {"hget", 1}, {"xrevrange", 1}, {"exec", 1}}));
}

TEST_F(JobTest, ReturnsNothingForATaskThatReturnsNothing) {
  const Job<void> job = queue.enqueue(kPrint("hello"));
  EXPECT_FALSE(job.result());
  run_next({});

  EXPECT_TRUE(job.result());
  EXPECT_NO_THROW(job.wait(10s));
}

TEST_F(JobTest, TellsHowEachOfItsRunsEnded) {
  const Job<long> job = queue.enqueue(kSlowFib(20), {.repeat = {.times = 1}});
  const auto settle = [this](const auto& outcome, const auto&... more) {
    const protocol::Execution run = start();
    connection.run(
        protocol::settle({.id = run.job_id}, run, outcome, {Time{1'000s}, Time{1'001s}}, more...));
  };
  const std::optional<protocol::PutBack> again{{.ended = Time{1'001s}}};

  settle(protocol::AskedAgain{}, again);
  settle(protocol::Succeeded{codec::serialize(7, Serializer::pickle)}, 500s, again);
  EXPECT_EQ(job.result(), std::nullopt);  // it runs once more
  settle(protocol::AskedAgain{}, std::optional<protocol::PutBack>{});

  std::vector<Result::Type> types;
  for (const Result& result : job.results(1'000)) types.push_back(result.type);
  EXPECT_THAT(types, ElementsAre(Result::Type::max_retries_exceeded, Result::Type::successful,
                                 Result::Type::retried));
  EXPECT_EQ(job.results().at(1).value(), Value(7));
  EXPECT_EQ(job.results().at(2).value(), Value());
  EXPECT_THAT(refusal_of<TaskError>([&] { (void)job.result(); }), HasSubstr("once too often"));
}

TEST_F(JobTest, KnowsWhatRerunsAreLeft) {
  const Job<long> job = queue.enqueue(kSlowFib(20), {.retry = {.max = 3}, .repeat = {.times = 2}});
  ask("HSET", "rq:job:" + job.id(), "number_of_retries", "4");

  const JobInfo info = job.info();

  EXPECT_EQ(info.retries_left, 3);
  EXPECT_EQ(info.repeats_left, 2);
  EXPECT_EQ(info.number_of_retries, 4);
}

TEST_F(JobTest, ThrowsTheRemoteErrorWithTheJobsId) {
  const Job<long> job = queue.enqueue(kSlowFib(20));
  fail(start(), "Traceback (most recent call last):\n  …\nstd::runtime_error: too slow\n");

  EXPECT_THAT(refusal_of<TaskError>([&] { (void)job.result(); }),
              HasSubstr("job '" + job.id() + "' failed: std::runtime_error: too slow\nTraceback"));
  EXPECT_THAT(refusal_of<TaskError>([&] { job.wait(10s); }), HasSubstr("too slow"));
  EXPECT_THAT(job.exc_info(), HasSubstr("too slow"));
}

TEST_F(JobTest, SaysWhenTheResultIsOfAnotherType) {
  const Job<long> job = queue.enqueue(kSlowFib(20));
  run_next("abc");

  EXPECT_EQ(refusal_of<DecodeError>([&] {
              (void)job.result();
            }).find("the result of job '" + job.id() + "' is of another type: "),
            0U);
  EXPECT_EQ(job.untyped().result(), Value("abc"));
}

TEST_F(JobTest, SaysWhenItIsGone) {
  const Job<long> gone = queue.job<long>("gone");

  EXPECT_THROW((void)gone.status(), NoSuchJob);
  EXPECT_THROW((void)gone.info(), NoSuchJob);
  EXPECT_THROW((void)gone.result(), NoSuchJob);
  EXPECT_THROW(gone.wait(10s), NoSuchJob);
  EXPECT_THROW((void)gone.meta(), NoSuchJob);
  EXPECT_THROW(queue.job("gone").save_meta(Value::dict()), NoSuchJob);
  EXPECT_THROW(queue.job("gone").cancel(), NoSuchJob);
  EXPECT_THROW(queue.job("gone").requeue(), NoSuchJob);
  EXPECT_THROW(queue.job("gone").remove(), NoSuchJob);
  EXPECT_THAT(gone.results(), IsEmpty());
  EXPECT_FALSE(gone.exists());
}

TEST_F(JobTest, DoesNotHandOutTheOldResultOfARequeuedJob) {
  Job<long> job = queue.enqueue(kSlowFib(20));
  fail(start(), "ValueError: first");
  job.requeue();

  EXPECT_EQ(job.result(), std::nullopt);
  EXPECT_THROW(job.wait(1ms), TimeoutError);
  EXPECT_THAT(job.results(), SizeIs(1));

  run_next(10946);
  EXPECT_EQ(job.result(), 10946);
  EXPECT_EQ(job.wait(10s), 10946);
  EXPECT_THAT(job.results(), SizeIs(2));
}

TEST_F(JobTest, KeepsAHistoryOfItsRunsNewestFirst) {
  Job<long> job = queue.enqueue(kSlowFib(20));
  fail(start(), "ValueError: first");
  job.requeue();
  run_next(10946);

  const std::vector<Result> results = job.results();

  ASSERT_THAT(results, SizeIs(2));
  EXPECT_EQ(results[0].type, Result::Type::successful);
  EXPECT_EQ(results[0].value(), Value(10946));
  EXPECT_EQ(results[0].worker, "w");
  EXPECT_EQ(results[0].execution_id, "e2");
  EXPECT_EQ(results[0].started_at, Time{1'000s});
  EXPECT_EQ(results[0].ended_at, Time{1'001s});
  EXPECT_EQ(results[1].type, Result::Type::failed);
  EXPECT_EQ(results[1].exc_info, "ValueError: first");
  EXPECT_THAT(job.results(1), SizeIs(1));
}

TEST_F(JobTest, ReadsWhatOnlyPythonWrites) {
  const Job<long> job = queue.enqueue(kSlowFib(20));
  const std::string results = "rq:results:" + job.id();
  ask("HSET", "rq:job:" + job.id(), "status", "scheduled");
  ask("XADD", results, "*", "type", "4", "return_value", "gAJjcnEuam9iClJldHJ5Ci4=");

  EXPECT_EQ(job.result(), std::nullopt);
  EXPECT_EQ(job.results().at(0).type, Result::Type::retried);
  EXPECT_EQ(job.results().at(0).value().type_name(), "rq.job.Retry");

  ask("HSET", "rq:job:" + job.id(), "status", "failed");
  ask("XADD", results, "*", "type", "5");
  EXPECT_THROW((void)job.result(), TaskError);

  ask("XADD", results, "*", "type", "9");
  EXPECT_THAT(refusal_of<DecodeError>([&] { (void)job.result(); }),
              HasSubstr("field 'type': expected a number from 1 to 5, got '9'"));
  EXPECT_THROW((void)job.results(), DecodeError);
}

TEST_F(JobTest, SaysWhichFieldOfAForeignJobCannotBeRead) {
  ask("HSET", "rq:job:j1", "data", "x", "status", "resting");

  EXPECT_THAT(refusal_of<DecodeError>([&] { (void)queue.fetch("j1")->status(); }),
              HasSubstr("'resting'"));
  EXPECT_THAT(refusal_of<DecodeError>([&] { (void)queue.fetch("j1")->info(); }),
              HasSubstr("'resting'"));
}

TEST_F(JobTest, CarriesMeta) {
  auto job = queue.enqueue(kSlowFib(20));
  EXPECT_EQ(job.meta(), Value::dict());

  job.save_meta(Value::dict({{"page", 3}}));

  EXPECT_EQ(job.meta(), Value::dict({{"page", 3}}));
  EXPECT_EQ(job.info().meta(), Value::dict({{"page", 3}}));
  EXPECT_THROW(job.save_meta(7), InvalidArgument);
}

TEST_F(JobTest, WritesMetaWithTheSerializerOfTheCall) {
  queue.enqueue(kSlowFib(20), {.job_id = "j1", .serializer = Serializer::json});

  queue.fetch("j1")->save_meta(Value::dict({{"page", 3}}));

  EXPECT_EQ(ask("HGET", "rq:job:j1", "meta").text, R"({"page": 3})");
}

TEST_F(JobTest, IsCanceledOnce) {
  auto job = queue.enqueue(kSlowFib(20));

  job.cancel();
  job.cancel();

  EXPECT_EQ(job.status(), Status::canceled);
  EXPECT_EQ(queue.size(), 0);
  EXPECT_EQ(refusal_of<TaskError>([&] { (void)job.result(); }),
            "job '" + job.id() + "' was canceled");
  EXPECT_THROW(job.wait(10s), TaskError);
}

TEST_F(JobTest, IsRequeuedOnlyAfterAFailure) {
  auto job = queue.enqueue(kSlowFib(20));
  queue.enqueue(kSlowFib(21), {.job_id = "other"});

  EXPECT_EQ(refusal_of<Error>([&] { job.requeue(); }),
            "cannot requeue job '" + job.id() + "': it is not among the failed jobs of its queue");

  fail(start(), "E");
  job.requeue({.at_front = true});
  EXPECT_THAT(queue.ids(), ElementsAre(job.id(), "other"));
}

TEST_F(JobTest, LeavesNothingWhenRemoved) {
  auto job = queue.enqueue(kSlowFib(20));
  run_next(10946);

  job.remove();

  EXPECT_FALSE(job.exists());
  EXPECT_EQ(queue.size(), 0);
  EXPECT_THROW((void)job.result(), NoSuchJob);
}

TEST_F(JobTest, OutlivesItsQueue) {
  std::optional<Queue> brief(std::in_place, "q", options());
  const Job<long> job = brief->enqueue(kSlowFib(20));
  brief.reset();
  run_next(10946);

  EXPECT_EQ(job.wait(10s), 10946);
}

}  // namespace
}  // namespace rqpp
