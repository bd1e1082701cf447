// What a Queue and its jobs refuse before they ask Redis.

#include <rqpp/queue.h>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

constexpr Task<long(int)> kSlowFib{"fib.slow_fib"};
const QueueOptions kNowhere{.url = "unix:///nowhere/redis.sock"};

template <class Action>
std::string refusal_of(const Action& action) {
  try {
    action();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no refusal";
}

TEST(Queue, AsksNobodyUntilItIsUsed) {
  const Queue queue{"q", kNowhere};

  EXPECT_EQ(queue.name(), "q");
  EXPECT_EQ(queue.sibling("low").name(), "low");
  EXPECT_EQ(queue.job<long>("j1").id(), "j1");
}

TEST(Queue, SaysThatRedisIsAway) {
  Queue queue{"q", kNowhere};

  try {
    queue.enqueue(kSlowFib(20));
    FAIL() << "enqueued";
  } catch (const ConnectionError& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nowhere/redis.sock"));
  }
}

TEST(Queue, RefusesBadNamesUrlsAndTimeouts) {
  EXPECT_THAT(refusal_of([] { Queue("a,b", kNowhere); }), HasSubstr("'a,b'"));
  EXPECT_THAT(refusal_of([] { Queue("", kNowhere); }), HasSubstr("queue name"));
  EXPECT_NE(refusal_of([] { Queue("q", {.url = "http://db"}); }), "no refusal");
  EXPECT_EQ(refusal_of([] { Queue("q", {.url = "unix:///x", .default_timeout = 0s}); }),
            "the default timeout is 0 s: use 1 s or more, or -1 for no limit");
  EXPECT_THAT(refusal_of([] { (void)Queue("q", kNowhere).sibling("a,b"); }), HasSubstr("'a,b'"));
}

TEST(Queue, RefusesBadOptionsBeforeItConnects) {
  Queue queue{"q", kNowhere};

  EXPECT_THAT(refusal_of([&] { queue.enqueue(kSlowFib(20), {.timeout = 0s}); }),
              HasSubstr("timeout is 0 s"));
  EXPECT_THAT(refusal_of([&] {
                queue.enqueue_many(std::vector{kSlowFib(1), kSlowFib(2)}, {.job_id = "j1"});
              }),
              HasSubstr("many jobs cannot share the id 'j1'"));
  EXPECT_THAT(refusal_of([&] { (void)queue.ids(0, 0); }), HasSubstr("count of 1 or more"));
  EXPECT_THAT(refusal_of([&] { (void)queue.fetch(""); }), HasSubstr("is not empty"));
  EXPECT_THAT(refusal_of([&] { (void)queue.job(""); }), HasSubstr("is not empty"));
  EXPECT_EQ(queue.job("user:42").id(), "user:42");  // of an older RQ
}

TEST(Job, RefusesBadArgumentsBeforeItConnects) {
  const auto job = Queue{"q", kNowhere}.job<long>("j1");

  EXPECT_THAT(refusal_of([&] { job.wait(-5ms); }), HasSubstr("the timeout is -5 ms"));
  EXPECT_THAT(refusal_of([&] { (void)job.results(0); }), HasSubstr("ask for 1 or more"));
}

TEST(Job, IsTypedByItsCall) {
  static_assert(std::is_same_v<decltype(std::declval<Queue>().enqueue(kSlowFib(20))), Job<long>>);
  static_assert(std::is_same_v<decltype(std::declval<Queue>().enqueue(call("m.f", 1))), AnyJob>);
  static_assert(
      std::is_same_v<decltype(std::declval<Queue>().enqueue(call<double>("m.f"))), Job<double>>);
  static_assert(std::is_same_v<decltype(std::declval<Queue>().enqueue(Call{})), AnyJob>);
  static_assert(std::is_same_v<decltype(std::declval<Job<void>>().wait()), void>);
  static_assert(std::is_same_v<decltype(std::declval<Job<long>>().wait()), long>);
}

TEST(JobInfo, DecodesItsCallAndMetaWhenAsked) {
  const JobInfo info{.serialized_call = R"(["m.f", null, [1], {"b": 2}])",
                     .serialized_meta = R"({"page": 3})"};

  EXPECT_EQ(info.call(), (Call{.function = "m.f", .args = {1}, .kwargs = {{"b", 2}}}));
  EXPECT_EQ(info.meta(), Value::dict({{"page", 3}}));
  EXPECT_EQ(JobInfo{}.meta(), Value::dict());
  EXPECT_THROW((void)JobInfo{.serialized_call = "garbage"}.call(), DecodeError);
}

TEST(Result, ShowsPythonObjectsByTheirNames) {
  const Result retried{.serialized_value =
                           "\x80\x02"
                           "crq.job\nRetry\n."};

  EXPECT_EQ(retried.value().type_name(), "rq.job.Retry");
  EXPECT_EQ(Result{}.value(), Value());
}

}  // namespace
}  // namespace rqpp
