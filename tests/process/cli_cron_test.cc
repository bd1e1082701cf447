#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/program.h"
#include "support/redis_state.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::SizeIs;
namespace fs = std::filesystem;

class CliCron : public RedisTest {
 protected:
  CliCron() { fs::create_directories(folder_); }
  ~CliCron() override { fs::remove_all(folder_); }

  std::string file(const std::string& text) {
    std::ofstream(folder_ / "jobs.cron") << text;
    return (folder_ / "jobs.cron").string();
  }
  static std::vector<std::string> words(const std::string& path) {
    return {"cron", path, "--url", server().url()};
  }
  template <class Condition>
  static void await(const Condition& condition) {
    while (!condition()) ::usleep(1'000);
  }
  /// The id of the process that leads, or 0.
  pid_t leader() {
    const std::string name = ask("GET", "rqpp:cron:jobs:leader").text;
    const std::string pid = ask("HGET", "rq:cron_scheduler:" + name, "pid").text;
    return pid.empty() ? 0 : std::stoi(pid);
  }

  Queue queue_{"default", {.url = server().url()}};

 private:
  fs::path folder_ = fs::temp_directory_path() / ("rqpp-cron-" + std::to_string(::getpid()));
};

TEST_F(CliCron, EnqueuesAtIntervalsUntilItIsStopped) {
  Program cron(words(file("[ping]\nrun = m.f one n:=2\nevery = 1s\ntimeout = 30s\n")));

  await([this] { return queue_.size() >= 3; });
  cron.signal(SIGTERM);
  const Ended ended = cron.wait();

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const JobInfo job = queue_.job(queue_.ids().at(0)).info();
  EXPECT_EQ(job.call(), (Call{.function = "m.f", .args = {"one"}, .kwargs = {{"n", 2}}}));
  EXPECT_EQ(job.timeout, std::chrono::seconds{30});
  EXPECT_THAT(job.id, HasSubstr("cron-jobs__ping-"));
  EXPECT_EQ(ask("EXISTS", "rqpp:cron:jobs:leader", "rq:cron_schedulers").number, 0);
}

TEST_F(CliCron, EnqueuesWhenAStringMatches) {
  Program cron(words(file("[tick]\nrun = m.f\ncron = * * * * * *\ntimezone = Asia/Kolkata\n")));

  await([this] { return queue_.size() >= 2; });

  const std::string id = queue_.ids().at(0);
  const auto job = queue_.job(id).info();
  const std::int64_t due = std::stoll(id.substr(id.rfind('-') + 1));
  const auto late = *job.enqueued_at - Time{std::chrono::seconds{due}};
  EXPECT_GE(late, std::chrono::seconds{0});
  EXPECT_LE(late, std::chrono::seconds{1});
}

TEST_F(CliCron, IsLedByOneOfItsCopies) {
  const std::string path = file("[tick]\nrun = m.f\ncron = * * * * * *\nmissed = all\n");
  Program first(words(path));
  await([&] { return leader() == first.pid(); });
  Program second(words(path));
  second.await_error("started");

  first.signal(SIGKILL);
  first.wait();
  await([&] { return leader() == second.pid(); });  // within 10 s
  await([this] { return queue_.size() >= 4; });
  Program third(words(path));
  third.await_error("started");
  second.signal(SIGTERM);
  second.wait();
  const auto size = queue_.size();
  await([&] { return leader() == third.pid(); });
  await([&] { return queue_.size() > size + 1; });
  third.signal(SIGTERM);
  third.wait();

  // Each second once, none missed, none twice.
  std::vector<std::int64_t> due;
  for (const std::string& id : queue_.ids(0, 1'000)) {
    due.push_back(std::stoll(id.substr(id.rfind('-') + 1)));
  }
  for (std::size_t i = 1; i < due.size(); ++i) EXPECT_EQ(due[i], due[i - 1] + 1);
}

TEST_F(CliCron, GoesOnAfterAnOutage) {
  Program cron(words(file("[ping]\nrun = m.f\nevery = 1s\n")));
  await([this] { return queue_.size() >= 1; });

  ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
  Queue queue{"default", {.url = server().url()}};
  const auto size = queue.size();

  await([&] { return queue.size() > size + 1; });
}

TEST_F(CliCron, ShowsWhenItWouldRun) {
  const Ended ended = rqpp({"cron",
                            file("[a]\nrun = m.f 1\ncron = 0 12 29 2 *\ntimezone = "
                                 "Europe/Berlin\n\n[b]\nrun = m.g\nevery = 5m\n"),
                            "--show", "2"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("[a] m.f('1')\n"),
                               HasSubstr("-02-29T11:00:00 UTC, 12:00:00 in Europe/Berlin\n"),
                               HasSubstr("[b] m.g()\n  every 300 s\n")));
}

TEST_F(CliCron, RefusesAFileThatIsWrong) {
  const std::string path = file("[a]\nrun = m.f\ncron = 0 0 31 2 *\n");

  const Ended ended = rqpp({"cron", path});

  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.err,
            "rqpp: " + path + ":3: it never matches: no such day is in any of its months\n");
  EXPECT_EQ(rqpp({"cron", path + ".missing"}).exit_code, 2);
}

TEST_F(CliCron, GivesUpWithoutRedis) {
  const Ended ended =
      rqpp({"cron", file("[a]\nrun = m.f\nevery = 1s\n"), "--url", "redis://localhost:1"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("cannot reach redis://localhost:1/0"));
}

}  // namespace
}  // namespace rqpp::test
