// Webhooks of a real worker, to a real server. That they say what RQ's say is tested in
// tests/interop.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/fleet_test.h"
#include "support/processes.h"
#include "support/web_server.h"
#include "worker/messenger.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr const char* kNoMessenger =
    "SKIPPED, NOTHING WAS TESTED: rqpp-messenger is not built, since libcurl 7.85 or newer is "
    "missing";

bool has_messenger() { return std::filesystem::exists(base::companion_path("rqpp-messenger")); }

class Webhooks : public FleetTest {
 protected:
  void SetUp() override {
    FleetTest::SetUp();
    if (!has_messenger()) GTEST_SKIP() << kNoMessenger;
  }

  AnyJob enqueue_hooked(const std::string& path, EnqueueOptions options = {}) const {
    options.webhooks = {{.url = web_.url(path)}};
    return enqueue("default", "horses.add", {1, 2}, std::move(options));
  }
  /// The messengers of a worker.
  std::vector<pid_t> messengers(const std::string& name) {
    std::vector<pid_t> found;
    for (const pid_t child : children_of(worker(name).pid())) {
      if (name_of(child) == "rqpp-messenger" && !is_over(child)) found.push_back(child);
    }
    return found;
  }
  [[nodiscard]] bool is_asked(std::size_t times) const {
    return becomes_true([&] { return web_.requests().size() >= times; });
  }

  WebServer web_;
};

TEST_F(Webhooks, AreSentWhenTheEndStandsInRedis) {
  start("w");
  const AnyJob job = enqueue_hooked("/done");

  ASSERT_TRUE(is_asked(1));

  EXPECT_EQ(job.status(), Status::finished);
  EXPECT_THAT(web_.requests().front().head, HasSubstr("GET /done HTTP/1.1\r\n"));
}

TEST_F(Webhooks, CostNothingWhereThereAreNone) {
  start("w");
  EnqueueOptions of_failure;
  of_failure.webhooks = {{.url = web_.url("/alarm"), .job_status = Status::failed}};

  enqueue("default", "horses.add", {1, 2}, of_failure).wait(30s);
  enqueue("default", "horses.add", {1, 2}).wait(30s);  // so the end before is dealt with

  EXPECT_THAT(messengers("w"), IsEmpty());
  stop("w");
  EXPECT_THAT(web_.requests(), IsEmpty());
}

TEST_F(Webhooks, KeepTheirLibraryFromTheWorkerAndItsHorses) {
  start("w");
  enqueue_hooked("/done");
  ASSERT_TRUE(is_asked(1));
  const auto maps = [](pid_t pid) {
    std::ifstream file("/proc/" + std::to_string(pid) + "/maps");
    return std::string(std::istreambuf_iterator<char>(file), {});
  };

  EXPECT_THAT(maps(messengers("w").at(0)), HasSubstr("libcurl"));
  EXPECT_THAT(maps(worker("w").pid()), AllOf(Not(IsEmpty()), Not(HasSubstr("libcurl"))));
  EXPECT_THAT(maps(stable_of(worker("w").pid())), AllOf(Not(IsEmpty()), Not(HasSubstr("libcurl"))));
}

TEST_F(Webhooks, ToASlowServerHoldNothingUp) {
  start("w");
  for (int i = 0; i < 3; ++i) enqueue_hooked("/late").wait(30s);
  ASSERT_TRUE(is_asked(3));

  const AnyJob job = enqueue_hooked("/quick");

  EXPECT_EQ(job.wait(30s), Value(3));
  EXPECT_TRUE(is_asked(4));
  EXPECT_THAT(messengers("w"), SizeIs(1));
}

TEST_F(Webhooks, UnderWayAreWaitedForByAWorkerThatStops) {
  start("w");
  enqueue_hooked("/late").wait(30s);
  ASSERT_TRUE(is_asked(1));

  signal("w", SIGTERM);
  worker("w").await_error("shut down requested");
  EXPECT_TRUE(
      becomes_true([&] { return ask("SISMEMBER", "rq:workers", "rq:worker:w").number == 0; }));
  EXPECT_FALSE(is_over(worker("w").pid()));
  web_.answer_late();
  const Ended ended = worker("w").wait();

  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.err, Not(HasSubstr("webhook")));
}

TEST_F(Webhooks, AreLostWithAMessengerThatIsKilledAndThoseOfTheNextJobAreSent) {
  start("w");
  enqueue_hooked("/late").wait(30s);
  ASSERT_TRUE(is_asked(1));

  ::kill(messengers("w").at(0), SIGKILL);
  worker("w").await_error(
      "the process that sends webhooks is gone, it was killed by signal 9; those of 1 jobs are "
      "lost");
  enqueue_hooked("/next");

  EXPECT_TRUE(is_asked(2));
  EXPECT_EQ(stop("w").exit_code, 0);
}

TEST_F(Webhooks, AreStillSentWhenTheirWorkerIsKilled) {
  start("w");
  enqueue_hooked("/late").wait(30s);
  ASSERT_TRUE(is_asked(1));
  const pid_t messenger = messengers("w").at(0);

  kill("w");
  EXPECT_FALSE(becomes_true([&] { return is_over(messenger); }, 1s));
  web_.answer_late();

  EXPECT_TRUE(becomes_true([&] { return is_over(messenger); }));
}

TEST_F(Webhooks, AreSentOfAFailureOnceItIsFinal) {
  start("w");
  EnqueueOptions options{.retry = {.max = 2}};
  options.webhooks = {
      {.url = web_.url("/alarm"), .job_status = Status::failed, .method = Webhook::Method::post}};
  const AnyJob job = enqueue("default", "callbacks.fails", {}, options);

  ASSERT_TRUE(is_asked(1));
  stop("w");

  EXPECT_EQ(job.status(), Status::failed);
  EXPECT_THAT(web_.requests(), SizeIs(1));
  EXPECT_THAT(web_.requests().front().body,
              AllOf(HasSubstr(R"("func_name": "callbacks.fails")"), HasSubstr("no pen at hand")));
}

TEST_F(Webhooks, AreSentOfAJobWhoseWorkerWasLost) {
  start("lost");
  EnqueueOptions options;
  options.webhooks = {
      {.url = web_.url("/alarm"), .job_status = Status::failed, .method = Webhook::Method::post}};
  const AnyJob job = enqueue_gated("default", "gate", options);
  ASSERT_TRUE(becomes_true([&] { return !runs(job.id()).empty(); }));
  kill("lost");

  start("heir");

  ASSERT_TRUE(is_asked(1));
  EXPECT_EQ(job.status(), Status::failed);
  EXPECT_THAT(web_.requests().front().body,
              HasSubstr("Moved to FailedJobRegistry, due to AbandonedJobError"));
  stop("heir");
  EXPECT_THAT(web_.requests(), SizeIs(1));
}

TEST_F(Webhooks, OfAnEndThatIsDroppedAreNotSent) {
  start("w");
  EnqueueOptions options;
  options.webhooks = {{.url = web_.url("/done")}};
  AnyJob job = enqueue_gated("default", "gate", options);
  ASSERT_TRUE(becomes_true([&] { return !runs(job.id()).empty(); }));
  job.remove();

  open("gate");
  worker("w").await_error("its outcome is dropped");
  enqueue("default", "horses.add", {1, 2}).wait(30s);
  stop("w");

  EXPECT_THAT(web_.requests(), IsEmpty());
}

TEST_F(Webhooks, OfJobsThatAJobEnqueuesAreSent) {
  start("w");
  enqueue("default", "gates.enqueue_hooked", {web_.url("/done")}).wait(30s);

  EXPECT_TRUE(is_asked(1));
}

TEST_F(Webhooks, GoOnlyToHostsThatTheOperatorAllows) {
  start("w", {"default", "--webhook-host", "127.0.0.1", "--webhook-host", "*.example.org"});
  enqueue_hooked("/to?" + web_.url("/there"));
  ASSERT_TRUE(is_asked(2));

  std::string elsewhere = web_.url("/secret");
  elsewhere.replace(elsewhere.find("127.0.0.1"), 9, "127.0.0.2");
  EnqueueOptions straight;
  straight.webhooks = {{.url = elsewhere}};
  enqueue("default", "horses.add", {1, 2}, straight).wait(30s);
  worker("w").await_error("this worker may not send any to the host '127.0.0.2'");
  std::string hidden = web_.url("/secret");
  hidden.replace(hidden.find("127.0.0.1"), 9, "127.0.0.1@localhost");
  enqueue_hooked("/to?" + hidden).wait(30s);
  worker("w").await_error("it is redirected to 'localhost', to which this worker may send none");

  EXPECT_EQ(stop("w").exit_code, 0);
  for (const auto& request : web_.requests()) {
    EXPECT_THAT(request.head, Not(HasSubstr(" /secret")));
  }
}

TEST_F(Webhooks, AreNotSentByAWorkerThatIsToldSo) {
  start("w", {"default", "--no-webhooks"});
  enqueue_hooked("/done").wait(30s);
  worker("w").await_error("nor will be those of others: this worker sends none.");

  EXPECT_THAT(messengers("w"), IsEmpty());
  EXPECT_EQ(stop("w").exit_code, 0);
  EXPECT_THAT(web_.requests(), IsEmpty());
}

/// The parent's side alone.
class MessengerTest : public ::testing::Test {
 protected:
  worker::SendWebhooks order(const std::string& path) const {
    return {.webhooks = {{.url = web_.url(path)}}, .job_id = "j"};
  }
  /// What was said.
  std::string said() const { return said_; }

  WebServer web_;
  std::string said_;
  base::Log log_ =
      base::Log::to([this](base::LogLevel, std::string_view text) { (said_ += text) += '\n'; });
};

TEST_F(MessengerTest, SaysOnceThatItsProgramIsMissing) {
  worker::Messenger messenger(log_, {}, "/nowhere/rqpp-messenger");

  messenger.send(order("/a"));
  messenger.send(order("/b"));
  messenger.end(1s);

  EXPECT_EQ(said(),
            "job j: its webhooks are not sent, nor will be those of others: "
            "'/nowhere/rqpp-messenger' is missing. It is built where libcurl is installed.\n");
}

TEST_F(MessengerTest, GivesUpWhatTakesTooLongAtItsEnd) {
  worker::Messenger messenger(log_);
  if (!has_messenger()) GTEST_SKIP() << kNoMessenger;
  messenger.send(order("/late"));
  const pid_t pid = messenger.pid();

  messenger.end(100ms);

  EXPECT_EQ(said(), "webhooks of 1 jobs are lost: they could not be sent in time\n");
  EXPECT_TRUE(is_over(pid));
}

TEST_F(MessengerTest, DropsWhatIsTooMuch) {
  worker::Messenger messenger(log_);
  if (!has_messenger()) GTEST_SKIP() << kNoMessenger;
  worker::SendWebhooks big = order("/late");
  big.exc_info.resize(worker::Messenger::kMostBytes);

  messenger.send(big);  // alone it may be as big as it is
  messenger.send(order("/b"));

  EXPECT_EQ(said(), "job j: its webhooks are not sent, too many others are under way\n");
}

TEST_F(MessengerTest, SurvivesAProgramThatTalksNonsense) {
  worker::Messenger messenger(log_, {}, "/bin/true");

  messenger.send(order("/a"));
  messenger.end(30s);

  EXPECT_THAT(said(), HasSubstr("the process that sends webhooks is gone"));
}

}  // namespace
}  // namespace rqpp::test
