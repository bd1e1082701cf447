#include "client/outcome.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/pickle.h"

namespace rqpp::client {
namespace {

using protocol::NewestOutcome;
using protocol::ResultRecord;
using ::testing::HasSubstr;
using Type = ResultRecord::Type;

ResultRecord success(const Value& value) {
  return {.type = Type::successful, .return_value = codec::write_pickle(value)};
}
ResultRecord failure(std::string text) {
  return {.type = Type::failed, .exc_info = std::move(text)};
}

template <class E>
std::string refusal_of(const NewestOutcome& newest) {
  try {
    result_of("j1", newest);
  } catch (const E& error) {
    return error.what();
  }
  return "no refusal";
}

TEST(ResultOf, IsWhatAFinishedJobReturned) {
  EXPECT_EQ(result_of("j1", {.status = Status::finished, .result = success(42)}), Value(42));
}

TEST(ResultOf, IsNoneWhenTheTaskReturnedNothing) {
  const NewestOutcome newest{.status = Status::finished,
                             .result = ResultRecord{.type = Type::successful}};

  EXPECT_EQ(result_of("j1", newest), Value());
}

TEST(ResultOf, IsNothingWhileTheJobWaitsOrRuns) {
  for (const Status status : {Status::created, Status::queued, Status::deferred, Status::scheduled,
                              Status::rate_limited, Status::started}) {
    EXPECT_EQ(result_of("j1", {.status = status}), std::nullopt) << to_string(status);
  }
}

TEST(ResultOf, IsNeverTheOldResultOfAJobThatWasQueuedAgain) {
  EXPECT_EQ(result_of("j1", {.status = Status::queued, .result = success(42)}), std::nullopt);
  EXPECT_EQ(result_of("j1", {.status = Status::started, .result = failure("E")}), std::nullopt);
  EXPECT_EQ(
      result_of("j1", {.status = Status::scheduled, .result = ResultRecord{.type = Type::retried}}),
      std::nullopt);
}

TEST(ResultOf, SaysWhichJobFailedAndWhy) {
  const std::string traceback = "Traceback (most recent call last):\n  …\nValueError: no page\n";

  EXPECT_EQ(refusal_of<TaskError>({.status = Status::failed, .result = failure(traceback)}),
            "job 'j1' failed: ValueError: no page\n" + traceback);
  EXPECT_EQ(refusal_of<TaskError>({.status = Status::failed, .result = failure("ValueError: x")}),
            "job 'j1' failed: ValueError: x");
  EXPECT_EQ(
      refusal_of<TaskError>({.status = Status::stopped,
                             .result = failure("Job stopped by user, work-horse terminated.")}),
      "job 'j1' failed: Job stopped by user, work-horse terminated.");
}

TEST(ResultOf, SaysThatAFailureLeftNoText) {
  const std::string text = "job 'j1' failed and left no text that says why";

  EXPECT_EQ(refusal_of<TaskError>({.status = Status::failed}), text);
  EXPECT_EQ(refusal_of<TaskError>({.status = Status::failed, .result = failure(" \n")}), text);
  // The success was an earlier run's.
  EXPECT_EQ(refusal_of<TaskError>({.status = Status::failed, .result = success(42)}), text);
}

TEST(ResultOf, KnowsTheLastOfTooManyRetries) {
  EXPECT_THAT(refusal_of<TaskError>({.status = Status::failed,
                                     .result = ResultRecord{.type = Type::max_retries_exceeded}}),
              HasSubstr("asked for another run once too often"));
}

TEST(ResultOf, SaysThatTheJobWasCanceled) {
  EXPECT_EQ(refusal_of<TaskError>({.status = Status::canceled, .result = success(42)}),
            "job 'j1' was canceled");
}

TEST(ResultOf, IsWhatADeletedJobLeft) {
  EXPECT_EQ(result_of("j1", {.result = success(42)}), Value(42));
}

TEST(ResultOf, SaysThatThereIsNoJob) {
  EXPECT_EQ(refusal_of<NoSuchJob>({}),
            "there is no job 'j1': it was never enqueued here, was "
            "deleted, or its time to live is over");
  EXPECT_EQ(refusal_of<NoSuchJob>({.status = Status::finished}),
            "job 'j1' has finished, but its result is gone");
  EXPECT_NE(refusal_of<NoSuchJob>({.result = ResultRecord{.type = Type::retried}}), "no refusal");
}

TEST(ResultOf, RefusesAPythonObject) {
  const std::string decimal_context = "cdecimal\nContext\n.";
  const std::string pickled = "\x80\x02" + decimal_context;
  const NewestOutcome newest{
      .status = Status::finished,
      .result = ResultRecord{.type = Type::successful, .return_value = pickled}};

  EXPECT_EQ(refusal_of<DecodeError>(newest),
            "cannot read the result of job 'j1': it holds a Python object of type "
            "'decimal.Context'; let the task return plain data");
}

TEST(ResultOf, RefusesBytesThatAreNoValue) {
  const NewestOutcome newest{
      .status = Status::finished,
      .result = ResultRecord{.type = Type::successful, .return_value = "\x80\x04garbage"}};

  EXPECT_THAT(refusal_of<DecodeError>(newest), HasSubstr("cannot read the result of job 'j1': "));
}

TEST(ResultOf, ReadsJsonToo) {
  const NewestOutcome newest{
      .status = Status::finished,
      .result = ResultRecord{.type = Type::successful, .return_value = R"({"a": [1, 2]})"}};

  EXPECT_EQ(result_of("j1", newest), Value::dict({{"a", Value::list({1, 2})}}));
}

TEST(LastLine, PassesOverBlankLines) {
  EXPECT_EQ(last_line("a\nb\n\n \n"), "b");
  EXPECT_EQ(last_line("a"), "a");
  EXPECT_EQ(last_line(""), "");
  EXPECT_EQ(last_line("\r\n"), "");
  EXPECT_EQ(last_line("int: 7\n\nThe job wrote last:\n  int: 8\n"), "int: 7");
}

}  // namespace
}  // namespace rqpp::client
