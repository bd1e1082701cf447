#include "protocol/job_callback.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>
#include <rqpp/task.h>

namespace rqpp::protocol {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

inline constexpr Task<void(long)> kNote{"audit.note"};
inline constexpr Task<int(const std::string&)> kAlarm{"audit.alarm"};
inline constexpr Task<void()> kSweep{"audit.sweep"};

std::string refusal_of_callback(const EnqueueOptions& options) {
  try {
    new_callbacks(options);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no refusal";
}

std::string refusal_of_callback(std::string_view json) {
  try {
    read_callbacks(json);
  } catch (const DecodeError& error) {
    return error.what();
  }
  return "no refusal";
}

TEST(JobCallback, IsWrittenAsItIsRead) {
  const auto callbacks =
      new_callbacks({.on_success = kNote, .on_failure = {kAlarm, 5s}, .on_stopped = "audit.sweep"});
  const std::string json = to_json(callbacks);

  EXPECT_EQ(json, R"([{"task": "audit.note", "job_status": "finished", "timeout": 60}, )"
                  R"({"task": "audit.alarm", "job_status": "failed", "timeout": 5}, )"
                  R"({"task": "audit.sweep", "job_status": "stopped", "timeout": 60}])");
  EXPECT_EQ(read_callbacks(json), callbacks);
}

TEST(JobCallback, OfAHandleMayTakeNothing) {
  const auto callbacks =
      new_callbacks({.on_success = kSweep, .on_failure = kSweep, .on_stopped = kSweep});

  EXPECT_EQ(callbacks.size(), 3U);
}

TEST(JobCallback, LeavesTheFieldAwayWhereThereIsNone) {
  const std::vector<JobCallback> foreign{{.task = "python.f", .foreign = true}};

  EXPECT_THAT(new_callbacks({}), IsEmpty());
  EXPECT_THAT(to_json({}), IsEmpty());
  EXPECT_THAT(to_json(foreign), IsEmpty());
  EXPECT_THAT(read_callbacks(""), IsEmpty());
}

TEST(JobCallback, RefusesWhatNamesNoTask) {
  EXPECT_THAT(refusal_of_callback({.on_success = "note"}),
              HasSubstr("on_success is 'note': name a task"));
  EXPECT_THAT(refusal_of_callback({.on_failure = ""}), "no refusal");
  EXPECT_THAT(refusal_of_callback({.on_failure = {"", 5s}}), HasSubstr("on_failure is ''"));
  EXPECT_THAT(refusal_of_callback({.on_stopped = {"a.b", 0s}}),
              HasSubstr("the timeout of on_stopped is 0 s: use 1 s or more"));
}

TEST(JobCallback, RefusesOtherText) {
  const auto with = [](const char* fields) {
    return refusal_of_callback(std::string("[{") + fields + "}]");
  };

  EXPECT_THAT(refusal_of_callback("x"), HasSubstr("job field 'rqpp_callbacks': "));
  EXPECT_THAT(refusal_of_callback("{}"), HasSubstr("rqpp_callbacks"));
  EXPECT_THAT(with(R"("task": "a.b", "job_status": "finished")"), HasSubstr("timeout"));
  EXPECT_THAT(with(R"("task": "a.b", "job_status": "queued", "timeout": 1)"),
              HasSubstr("its job_status is no end"));
  EXPECT_THAT(with(R"("task": "ab", "job_status": "failed", "timeout": 1)"),
              HasSubstr("'ab' is no task's name"));
  EXPECT_THAT(with(R"("task": "a.b", "job_status": "failed", "timeout": 0)"),
              HasSubstr("below 1 s"));
  EXPECT_THAT(refusal_of_callback("[1, 2, 3, 4, 5, 6, 7]"), HasSubstr("too many"));
}

}  // namespace
}  // namespace rqpp::protocol
