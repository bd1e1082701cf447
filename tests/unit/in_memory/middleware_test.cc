#include <rqpp/middleware.h>

#include <stdexcept>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/gtest.h>
#include <rqpp/rqpp.h>
#include <rqpp/testing.h>

namespace {

std::string steps;

rqpp::PerformMiddleware note(const std::string& name) {
  return [name](std::string_view task, const std::function<void()>& next) {
    steps += name + "(" + std::string(task);
    next();
    steps += ")";
  };
}

}  // namespace

RQPP_MODULE(wrapped) {
  tasks.add("before", [] { steps += " before "; });
  tasks.use(note("outer"));
  tasks.use(note("inner"));
  tasks.add("fail", [] { throw std::domain_error("as ever"); });
  tasks.add("trace", [] { return rqpp::current_job().meta().at("trace_id").as_string(); });
}
RQPP_MODULE(guarded) {
  tasks.use([](std::string_view, const std::function<void()>& next) {
    if (!rqpp::current_job().meta().find("skip")) next();
  });
  tasks.use([](std::string_view task, const std::function<void()>& next) {
    next();
    if (task == "guarded.veto") throw std::runtime_error("not allowed");
  });
  tasks.add("one", [] { return 1; });
  tasks.add("veto", [] { return 1; });
}

namespace rqpp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::ThrowsMessage;

const TaskSources kTasks{.modules = {rqpp_module_wrapped(), rqpp_module_guarded()}};

void add_trace(const Call& call, EnqueueOptions& options) {
  options.set_meta("trace_id", "for " + call.function);
}

TEST(PerformMiddleware, NestsAroundEveryTaskOfItsModule) {
  MemoryQueue queue(kTasks);
  steps.clear();

  queue.run(call<void>("wrapped.before"));

  EXPECT_EQ(steps, "outer(wrapped.beforeinner(wrapped.before before ))");
}

TEST(PerformMiddleware, LetsThrough) {
  MemoryQueue queue(kTasks);

  EXPECT_THROW(queue.run(call<void>("wrapped.fail")), std::domain_error);
  EXPECT_EQ(queue.run(call<int>("guarded.one")), 1);
}

TEST(PerformMiddleware, MayFailAJobOrSkipItsTask) {
  MemoryQueue queue(kTasks);
  queue.enqueue(call("guarded.veto"));
  const Job<Value> skipped =
      queue.enqueue(call("guarded.one"), {.meta = Value::dict({{"skip", true}})});

  const DrainResult drained = queue.drain();

  ASSERT_THAT(drained.failures, SizeIs(1));
  EXPECT_THAT(drained.failures[0].error, HasSubstr("not allowed"));
  EXPECT_EQ(skipped.result(), Value());
}

TEST(EnqueueMiddleware, PutsIntoTheMetaWhatTheTaskFinds) {
  MemoryQueue queue(kTasks, "default", {.middleware = {add_trace}});

  const Job<std::string> job = queue.sibling("other").enqueue(
      call<std::string>("wrapped.trace"), {.meta = Value::dict({{"who", "ada"}})});
  const auto many = queue.enqueue_many(std::vector<Call>{call("wrapped.trace"), call("other.one")});

  EXPECT_EQ(job.meta(), Value::dict({{"who", "ada"}, {"trace_id", "for wrapped.trace"}}));
  EXPECT_EQ(job.wait(), "for wrapped.trace");
  EXPECT_EQ(many[1].meta().at("trace_id"), "for other.one");
}

TEST(EnqueueMiddleware, IsCalledInOrderAndMayAlterAllOptions) {
  const EnqueueMiddleware first = [](const Call&, EnqueueOptions& options) {
    options.description = "first";
    options.at_front = true;
  };
  const EnqueueMiddleware second = [](const Call&, EnqueueOptions& options) {
    options.description += ", second";
  };
  MemoryQueue queue({}, "default", {.middleware = {first, second}});

  const auto one = queue.enqueue(call("m.one"));
  const auto two = queue.enqueue(call("m.two"));

  EXPECT_EQ(one.info().description, "first, second");
  EXPECT_THAT(queue.ids(), ElementsAre(two.id(), one.id()));
}

TEST(EnqueueMiddleware, KeepsACallFromBeingEnqueued) {
  MemoryQueue queue({}, "default", {.middleware = {[](const Call& call, EnqueueOptions&) {
                                      throw Error("no " + call.function + " today");
                                    }}});

  EXPECT_THAT([&] { queue.enqueue(call("m.one")); }, ThrowsMessage<Error>("no m.one today"));
  EXPECT_THAT(queue.enqueued(), IsEmpty());
}

TEST(EnqueueOptions, SetsEntriesOfItsMeta) {
  EnqueueOptions options;
  options.set_meta("a", 1);
  options.set_meta("b", 2);
  options.set_meta("a", 3);

  EXPECT_EQ(options.meta, Value::dict({{"a", 3}, {"b", 2}}));
  options.meta = "text";
  EXPECT_THROW(options.set_meta("a", 1), InvalidArgument);
}

}  // namespace
}  // namespace rqpp
