#include "worker/run_job.h"

#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/compress.h"
#include "codec/serialize.h"
#include "codec/wire_call.h"

#include <rqpp/current_job.h>
#include <rqpp/error.h>
#include <rqpp/module.h>

namespace bakery {

__attribute__((noinline)) int burn(int loaves) {
  throw std::runtime_error(std::to_string(loaves) + " loaves burnt");
}

}  // namespace bakery

RQPP_MODULE(bakery) {
  tasks.add("count", [](int loaves) { return loaves; }, {"loaves"});
  tasks.add("burn", bakery::burn, {"loaves"});
  tasks.add("close", [] {});
  tasks.add("wait", [](int seconds) -> std::variant<int, rqpp::Retry> {
    if (seconds == 0) return 7;
    return rqpp::Retry{.max = 3, .intervals = {std::chrono::seconds(seconds)}};
  });
  tasks.add("maybe",
            [](bool again) { return again ? std::optional(rqpp::Retry{}) : std::nullopt; });
  tasks.add("ask",
            [](int max) { throw rqpp::RetryLater({.max = max, .at_front = true}, "no\nflour"); });
  tasks.add("grow", [] { throw rqpp::RetryLater({.max = 3, .backoff = rqpp::Backoff{}}); });
  tasks.add("sleep", [](int seconds) { throw rqpp::Snooze(std::chrono::seconds(seconds)); });
  tasks.add("give_up", [] { throw rqpp::NonRetryable("no oven"); });
  tasks.add("echo", [](const rqpp::Value& value) { return value; });
  tasks.add("bytes", [] { return rqpp::Bytes{"\xff"}; });
  tasks.add("id", [] { return rqpp::current_job().id(); });
  tasks.add("meta", [] { return rqpp::current_job().meta(); });
  tasks.add("stopped", [] { return rqpp::current_job().stop_requested(); });
  tasks.add("save", [](int loaves) {
    rqpp::current_job().set_meta("loaves", loaves);
    rqpp::current_job().save_meta();
  });
  tasks.add("save_text", [](std::string_view text) {
    rqpp::current_job().set_meta("text", text);
    rqpp::current_job().save_meta();
  });
  tasks.add("order", [](std::string_view queue) {
    return rqpp::current_job().enqueue(rqpp::call("bakery.count", 2), {.at_front = true}, queue);
  });
  tasks.add("order_id", [](std::string_view id) {
    rqpp::EnqueueOptions options;
    options.job_id = id;
    return rqpp::current_job().enqueue(rqpp::call("bakery.count", 2), options);
  });
}

namespace rqpp::worker {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

std::string data_of(const Call& call, Serializer serializer = Serializer::pickle) {
  return codec::deflate(codec::encode_call(call, serializer));
}

class RunJob : public testing::Test {
 protected:
  RunJob() {
    auto [ours, theirs] = socket_pair();
    parent_ = HorseChannel(std::move(ours));
    channel_ = ParentChannel(std::move(theirs));
  }

  Outcome run_data(std::string data) {
    assignment_.data = std::move(data);
    return run_job(assignment_, repertoire_, channel_, stop_);
  }
  Outcome run(const Call& call, Serializer serializer = Serializer::pickle) {
    return run_data(data_of(call, serializer));
  }
  Value result_of(const Call& call) {
    const Outcome outcome = run(call);
    EXPECT_EQ(outcome.kind, Outcome::Kind::value) << outcome.exc_info;
    return outcome.return_value.empty() ? Value() : codec::deserialize(outcome.return_value);
  }
  /// Tells a callback how the job "bakery.count" has ended.
  Outcome tell(const std::string& callback, Status ended_as, std::string told = {}) {
    assignment_.callback = callback;
    assignment_.ended_as = ended_as;
    assignment_.told = std::move(told);
    return run({.function = "bakery.count", .args = {2}});
  }
  std::vector<FromHorse> sent() { return parent_.read().frames; }

  const Module* own_[1] = {rqpp_module_bakery()};
  Repertoire repertoire_{.modules = tasks::Modules(tasks::ModulePath(), own_), .known = {"bakery"}};
  HorseChannel parent_{};
  ParentChannel channel_{};
  detail::StopFlag stop_{};
  Assignment assignment_{
      .job_id = "j1", .execution_id = "e1", .queue = "mail", .worker = "w1", .run = 7};
};

TEST_F(RunJob, SerializesTheResultAsTheCallWas) {
  const Call call{.function = "bakery.count", .args = {7}};

  EXPECT_EQ(run(call).return_value, codec::serialize(7, Serializer::pickle));
  EXPECT_EQ(run(call, Serializer::json).return_value, "7");
}

TEST_F(RunJob, TakesDataAsItIsInRedisInflatedOrNot) {
  const std::string raw = R"(["bakery.count", null, [], {"loaves": 7}])";

  EXPECT_EQ(run_data(raw).return_value, "7");
  EXPECT_EQ(run_data(codec::deflate(raw)).return_value, "7");
  EXPECT_EQ(run_data(codec::deflate(raw, 0)).return_value, "7");
}

TEST_F(RunJob, TakesResultsOfOtherJobsAsArguments) {
  assignment_.results = {{"0", "[1, 2]"}};
  EXPECT_EQ(result_of({.function = "bakery.echo", .args = {{}}}), Value::list({1, 2}));

  assignment_.results = {{"loaves", codec::serialize(7, Serializer::pickle)}};
  EXPECT_EQ(result_of({.function = "bakery.count", .args = {}, .kwargs = {{"loaves", {}}}}), 7);

  assignment_.results = {{"0", ""}};  // None
  EXPECT_EQ(result_of({.function = "bakery.echo", .args = {1}}), Value());
}

TEST_F(RunJob, FailsIfAResultHasNoPlace) {
  assignment_.results = {{"1", "7"}};
  EXPECT_THAT(run({.function = "bakery.count", .args = {1}}).summary,
              HasSubstr("the call has no argument 2 for a result"));

  assignment_.results = {{"rolls", "7"}};
  EXPECT_THAT(run({.function = "bakery.count", .args = {1}}).summary,
              HasSubstr("the call has no argument 'rolls' for a result"));
}

TEST_F(RunJob, AsksForAnotherRunWhenTheTaskReturnsARetry) {
  Outcome outcome = run({.function = "bakery.wait", .args = {10}});

  outcome.usage = {};
  EXPECT_EQ(outcome, (Outcome{.kind = Outcome::Kind::run_again,
                              .summary = "the task asks for another run",
                              .max_reruns = 3,
                              .waits = {10},
                              .run = 7}));
  EXPECT_EQ(result_of({.function = "bakery.wait", .args = {0}}), Value(7));
  EXPECT_EQ(run({.function = "bakery.maybe", .args = {true}}).kind, Outcome::Kind::run_again);
  EXPECT_EQ(result_of({.function = "bakery.maybe", .args = {false}}), Value());
}

TEST_F(RunJob, AsksForAnotherRunWhenTheTaskThrowsIt) {
  const Outcome outcome = run({.function = "bakery.ask", .args = {2}});

  EXPECT_EQ(outcome.kind, Outcome::Kind::run_again);
  EXPECT_EQ(outcome.summary, "no");  // its first line
  EXPECT_EQ(outcome.max_reruns, 2);
  EXPECT_THAT(outcome.waits, testing::IsEmpty());
  EXPECT_TRUE(outcome.at_front);
  EXPECT_EQ(run({.function = "bakery.grow"}).waits, (std::vector<std::int64_t>{1, 2, 4}));
}

TEST_F(RunJob, FailsATaskThatAsksForNonsense) {
  const Outcome outcome = run({.function = "bakery.ask", .args = {0}});

  EXPECT_EQ(outcome.kind, Outcome::Kind::error);
  EXPECT_THAT(outcome.summary, HasSubstr("retry.max is 0"));
}

TEST_F(RunJob, SnoozesWhenTheTaskThrowsIt) {
  Outcome outcome = run({.function = "bakery.sleep", .args = {30}});

  outcome.usage = {};
  EXPECT_EQ(
      outcome,
      (Outcome{
          .kind = Outcome::Kind::snooze, .summary = "the task waits", .waits = {30}, .run = 7}));
}

TEST_F(RunJob, TellsAnErrorThatNoRetryHelps) {
  const Outcome outcome = run({.function = "bakery.give_up"});

  EXPECT_EQ(outcome.kind, Outcome::Kind::final_error);
  EXPECT_THAT(outcome.summary, HasSubstr("NonRetryable: no oven"));
  EXPECT_THAT(outcome.exc_info, HasSubstr("Traceback"));
}

TEST_F(RunJob, SendsNothingForNone) {
  Outcome outcome = run({.function = "bakery.close"});

  outcome.usage = {};
  EXPECT_EQ(outcome, Outcome{.run = 7});
}

TEST_F(RunJob, MeasuresWhatItCost) {
  const Usage usage = run({.function = "bakery.close"}).usage;

  EXPECT_LT(usage.user_cpu + usage.system_cpu, std::chrono::seconds(10));
  EXPECT_GT(usage.peak_memory_bytes, 1 << 20);
}

TEST_F(RunJob, SaysLikeRqThatAResultCannotBeSerialized) {
  const Outcome outcome = run({.function = "bakery.bytes"}, Serializer::json);

  EXPECT_EQ(outcome.kind, Outcome::Kind::value);
  EXPECT_EQ(outcome.return_value, R"("Unserializable return value")");
}

TEST_F(RunJob, ShowsWhereTheTaskThrewWithoutTheFramesBelow) {
  const Outcome outcome = run({.function = "bakery.burn", .args = {3}});

  EXPECT_EQ(outcome.kind, Outcome::Kind::error);
  EXPECT_EQ(outcome.summary, "std::runtime_error: 3 loaves burnt");
  EXPECT_THAT(outcome.exc_info, AllOf(StartsWith("Traceback (most recent call last):\n"),
                                      HasSubstr("in bakery::burn(int)\nstd::runtime_error: ")));
  EXPECT_THAT(outcome.exc_info, Not(HasSubstr("rqpp::")));
}

TEST_F(RunJob, SaysWithoutABacktraceWhatIsWrongWithTheCall) {
  EXPECT_EQ(
      run({.function = "bakery.count", .args = {"seven"}}).exc_info,
      "rqpp::TaskError: bakery.count: argument 1 'loaves': expected an integer in int's range, "
      "got str 'seven'\n");
  EXPECT_THAT(run({.function = "bakery.cuont"}).exc_info,
              StartsWith("rqpp::TaskError: no task 'bakery.cuont' in this program's module "
                         "'bakery'. Did you mean 'bakery.count'?\n"));
  EXPECT_THAT(run({.function = "bakrey.count"}).summary, HasSubstr("no module"));
}

TEST_F(RunJob, LetsNoRetryFollowACallThatCannotBeCarriedOut) {
  for (const Call& call :
       {Call{.function = "bakery.count", .args = {"seven"}}, Call{.function = "bakery.count"},
        Call{.function = "bakery.count", .args = {1, 2}},
        Call{.function = "bakery.count", .kwargs = {{"rolls", 1}}},
        Call{.function = "bakery.cuont"}, Call{.function = "bakrey.count"}}) {
    EXPECT_EQ(run(call).kind, Outcome::Kind::final_error) << run(call).summary;
  }
  EXPECT_EQ(run({.function = "bakery.burn", .args = {3}}).kind, Outcome::Kind::error);
}

TEST_F(RunJob, RefusesDamagedData) {
  for (const std::string& data :
       {std::string(), std::string("x"), std::string("\x80"), std::string("\x80\x05."),
        std::string(R"(["bakery.count"])"), std::string(R"({"a": 1})"), std::string("[1, 2, 3, 4]"),
        std::string("[[[[[["), codec::deflate("garbage"), std::string("x\x9cgarbage")}) {
    const Outcome outcome = run_data(data);

    EXPECT_EQ(outcome.kind, Outcome::Kind::error) << data;
    EXPECT_THAT(outcome.summary, StartsWith("rqpp::DecodeError: cannot read the job's data: "))
        << data;
    EXPECT_THAT(outcome.exc_info, Not(HasSubstr("Traceback")));
  }
}

TEST_F(RunJob, RefusesWhatOnlyPythonCanCall) {
  // A bound method: (name, instance, args, kwargs) with an instance.
  const Outcome outcome = run_data(R"(["method", {"an": "instance"}, [], {}])");

  EXPECT_EQ(outcome.kind, Outcome::Kind::error);
  EXPECT_THAT(outcome.summary, AllOf(HasSubstr("DecodeError"), HasSubstr("Python")));
}

TEST_F(RunJob, GivesTheTaskItsJob) {
  assignment_.meta = codec::serialize(Value::dict({{"who", "me"}}), Serializer::pickle);
  stop_.request();

  EXPECT_EQ(result_of({.function = "bakery.id"}), Value("j1"));
  EXPECT_EQ(result_of({.function = "bakery.meta"}), Value::dict({{"who", "me"}}));
  EXPECT_EQ(result_of({.function = "bakery.stopped"}), Value(true));
}

TEST_F(RunJob, KeepsUnreadableMetaAsRqDoes) {
  assignment_.meta = "\xff\xff";

  EXPECT_EQ(result_of({.function = "bakery.meta"}),
            Value::dict({{"unserialized", Bytes{"\xff\xff"}}}));
}

TEST_F(RunJob, HandsMetaToTheParentInTheCallsSerializer) {
  run({.function = "bakery.save", .args = {9}}, Serializer::json);

  EXPECT_THAT(sent(), testing::ElementsAre(FromHorse(
                          MetaSaved{.job_id = "j1", .meta = R"({"loaves": 9})", .run = 7})));
}

TEST_F(RunJob, HandsJobsToTheParent) {
  const Value own_queue = result_of({.function = "bakery.order", .args = {""}});
  const Value other_queue = result_of({.function = "bakery.order", .args = {"night"}});

  const std::vector<FromHorse> frames = sent();
  ASSERT_EQ(frames.size(), 2U);
  const auto& first = std::get<EnqueueRequest>(frames[0]);
  const auto& second = std::get<EnqueueRequest>(frames[1]);
  EXPECT_EQ(first.job.id, own_queue.as_string());
  EXPECT_EQ(first.job.origin, "mail");
  EXPECT_TRUE(first.at_front);
  EXPECT_EQ(first.run, 7U);
  EXPECT_EQ(first.job.description, "bakery.count(2)");
  EXPECT_EQ(codec::decode_call(first.job.data).call.args, std::vector<Value>{2});
  EXPECT_EQ(second.job.id, other_queue.as_string());
  EXPECT_EQ(second.job.origin, "night");
}

TEST_F(RunJob, RefusesJobsThatRqWouldNotTake) {
  EXPECT_THAT(run({.function = "bakery.order", .args = {"a,b"}}).summary,
              StartsWith("rqpp::InvalidArgument: the queue name 'a,b'"));
  EXPECT_THAT(run({.function = "bakery.order_id", .args = {"a:b"}}).summary,
              StartsWith("rqpp::InvalidArgument: the job id 'a:b'"));
  EXPECT_TRUE(sent().empty());
}

TEST_F(RunJob, TellsTheTaskThatTheWorkerIsGone) {
  parent_.close();

  EXPECT_THAT(run({.function = "bakery.save", .args = {9}}).summary,
              StartsWith("rqpp::ConnectionError: the worker that runs this job is gone"));
}

TEST_F(RunJob, TellsTheParentOnceOfAModuleThatItDidNotKnow) {
  repertoire_.known.clear();

  run({.function = "bakery.close"});
  run({.function = "bakery.close"});

  EXPECT_THAT(sent(), testing::ElementsAre(FromHorse(ModuleLoaded{"bakery"})));
}

TEST_F(RunJob, LeavesNoJobBehind) {
  run({.function = "bakery.burn", .args = {3}});

  EXPECT_FALSE(has_current_job());
}

TEST_F(RunJob, TellsACallbackTheResult) {
  const Outcome outcome =
      tell("bakery.save", Status::finished, codec::serialize(7, Serializer::pickle));

  EXPECT_EQ(outcome.kind, Outcome::Kind::value) << outcome.exc_info;
  EXPECT_TRUE(outcome.return_value.empty());
  EXPECT_EQ(codec::deserialize(std::get<MetaSaved>(sent().at(0)).meta),
            Value::dict({{"loaves", 7}}));
}

TEST_F(RunJob, TellsACallbackNoMoreThanItTakes) {
  EXPECT_EQ(tell("bakery.close", Status::finished, codec::serialize(7, Serializer::json)).kind,
            Outcome::Kind::value);
  EXPECT_EQ(tell("bakery.close", Status::failed, "why").kind, Outcome::Kind::value);
  EXPECT_EQ(tell("bakery.echo", Status::failed, "why").kind, Outcome::Kind::value);
  EXPECT_THAT(tell("bakery.echo", Status::stopped).exc_info, HasSubstr("argument 1"));
}

TEST_F(RunJob, TellsACallbackThatThereIsNoResult) {
  EXPECT_EQ(tell("bakery.echo", Status::finished).kind, Outcome::Kind::value);
  EXPECT_THAT(tell("bakery.count", Status::finished).exc_info, HasSubstr("expected an int"));
}

TEST_F(RunJob, FailsForACallbackThatNobodyHas) {
  const Outcome outcome = tell("bakery.open", Status::stopped);

  EXPECT_EQ(outcome.kind, Outcome::Kind::final_error);
  EXPECT_THAT(outcome.exc_info, HasSubstr("no task 'bakery.open'"));
}

TEST_F(RunJob, SaysThatAForeignCallbackIsNotHere) {
  assignment_.callback_is_foreign = true;
  const Outcome outcome = tell("python.callback", Status::failed, "why");

  EXPECT_EQ(outcome.kind, Outcome::Kind::absent);
  EXPECT_THAT(outcome.summary, HasSubstr("no module for task 'python.callback'"));
  EXPECT_TRUE(outcome.exc_info.empty());
}

TEST_F(RunJob, TellsACallbackOfAJobThatCannotBeRead) {
  assignment_.callback = "bakery.save_text";
  assignment_.ended_as = Status::failed;
  assignment_.told = "why";

  EXPECT_EQ(run_data("no call").kind, Outcome::Kind::value);
  EXPECT_EQ(codec::deserialize(std::get<MetaSaved>(sent().at(0)).meta),
            Value::dict({{"text", "why"}}));
}

}  // namespace
}  // namespace rqpp::worker
