#include <rqpp/current_job.h>

#include <csignal>
#include <memory>
#include <optional>
#include <thread>

#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp {
namespace {

detail::StopFlag stop;

class RecordingJob : public detail::JobContext {
 public:
  explicit RecordingJob(std::string id, Value meta = {})
      : JobContext(std::move(id), std::move(meta), stop) {}

  void save_meta(const Value& meta) override { saved.push_back(meta); }
  std::string enqueue(const Call& call, const EnqueueOptions& options,
                      std::string_view queue) override {
    return call.function + "@" + std::string(queue) + "#" + options.job_id;
  }

  std::vector<Value> saved{};
};

TEST(CurrentJob, IsOnlyThereInAJob) {
  EXPECT_FALSE(has_current_job());
  try {
    (void)current_job();
    FAIL();
  } catch (const TaskError& error) {
    EXPECT_STREQ(error.what(),
                 "no job runs on this thread: call current_job() in a task, and hand what it "
                 "returns to the threads that the task starts");
  }

  const auto context = std::make_shared<RecordingJob>("j1");
  {
    const detail::JobScope scope(context);
    EXPECT_TRUE(has_current_job());
    EXPECT_EQ(current_job().id(), "j1");
  }
  EXPECT_FALSE(has_current_job());
}

TEST(CurrentJob, ScopesNest) {
  const auto outer = std::make_shared<RecordingJob>("outer");
  const auto inner = std::make_shared<RecordingJob>("inner");
  const detail::JobScope outer_scope(outer);
  {
    const detail::JobScope inner_scope(inner);
    EXPECT_EQ(current_job().id(), "inner");
  }
  EXPECT_EQ(current_job().id(), "outer");
}

TEST(CurrentJob, BelongsToItsThread) {
  const auto context = std::make_shared<RecordingJob>("j1");
  const detail::JobScope scope(context);
  CurrentJob job = current_job();
  bool seen = true;
  std::string id;

  std::thread([&] {
    seen = has_current_job();
    id = job.id();
  }).join();

  EXPECT_FALSE(seen);
  EXPECT_EQ(id, "j1");
}

TEST(CurrentJob, MetaIsSavedOnlyWhenAsked) {
  const auto context = std::make_shared<RecordingJob>("j1", Value::dict({{"user", "ann"}}));
  const detail::JobScope scope(context);
  CurrentJob job = current_job();

  job.set_meta("page", 1);
  job.set_meta("page", 2);
  EXPECT_TRUE(context->saved.empty());
  job.save_meta();

  const Value expected = Value::dict({{"user", "ann"}, {"page", 2}});
  EXPECT_EQ(job.meta(), expected);
  EXPECT_EQ(context->saved, std::vector<Value>{expected});
  EXPECT_EQ(current_job().meta(), expected);
}

TEST(CurrentJob, MetaIsAlwaysADict) {
  const auto context = std::make_shared<RecordingJob>("j1", Value::list({1}));
  const detail::JobScope scope(context);
  CurrentJob job = current_job();

  EXPECT_EQ(job.meta(), Value::dict());
  job.set_meta(Value::dict({{"a", 1}}));
  EXPECT_THROW(job.set_meta(Value(1)), InvalidArgument);
  EXPECT_EQ(job.meta(), Value::dict({{"a", 1}}));
  job.set_meta(Value());
  EXPECT_EQ(job.meta(), Value::dict());
}

TEST(CurrentJob, SeesAStopThatASignalHandlerAsksFor) {
  const auto context = std::make_shared<RecordingJob>("j1");
  const detail::JobScope scope(context);
  const CurrentJob job = current_job();
  const StopToken token = job.stop_token();
  stop.reset();
  EXPECT_FALSE(job.stop_requested());

  auto* before = std::signal(SIGUSR1, [](int) { stop.request(); });
  std::raise(SIGUSR1);
  std::signal(SIGUSR1, before);

  EXPECT_FALSE(stop.noticed());
  EXPECT_TRUE(job.stop_requested());
  EXPECT_TRUE(stop.noticed());
  EXPECT_TRUE(token.stop_requested());
  stop.reset();
}

TEST(CurrentJob, SaysNothingMoreOnceItIsOver) {
  const auto context = std::make_shared<RecordingJob>("j1");
  std::optional<detail::JobScope> scope(std::in_place, context);
  CurrentJob job = current_job();
  const StopToken token = job.stop_token();
  EXPECT_FALSE(token.stop_requested());

  scope.reset();

  EXPECT_TRUE(token.stop_requested());
  EXPECT_FALSE(stop.noticed()) << "the flag may be that of the next job by now";
  EXPECT_THROW(job.save_meta(), TaskError);
  EXPECT_THROW(job.enqueue({.function = "m.f"}), TaskError);
  EXPECT_TRUE(context->saved.empty());
}

TEST(CurrentJob, EnqueuesThroughItsContext) {
  const auto context = std::make_shared<RecordingJob>("j1");
  const detail::JobScope scope(context);

  EXPECT_EQ(current_job().enqueue({.function = "m.f"}, {.job_id = "j2"}, "low"), "m.f@low#j2");
  EXPECT_EQ(current_job().enqueue({.function = "m.f"}), "m.f@#");
}

}  // namespace
}  // namespace rqpp
