#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/program.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

class CliWorker : public RedisTest {
 protected:
  static std::vector<std::string> words(std::vector<std::string> more) {
    std::vector<std::string> all{"worker", "--path", in_build("examples").string(), "--url",
                                 server().url()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  Ended work(std::vector<std::string> more) { return rqpp(words(std::move(more))); }
  AnyJob enqueue(int n, const std::string& queue_name = "default") {
    return queue.sibling(queue_name).enqueue(Call{.function = "fib.slow_fib", .args = {n}});
  }

  void await_worker(const std::string& name) {
    while (ask("SISMEMBER", "rq:workers", "rq:worker:" + name).number == 0) {
    }
  }

  Queue queue{"default", {.url = server().url()}};
};

TEST_F(CliWorker, RunsWhatIsThereAndEnds) {
  const AnyJob first = enqueue(20);
  const AnyJob second = enqueue(21);

  const Ended ended = work({"--burst"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(first.result(), Value(10946));
  EXPECT_EQ(second.result(), Value(17711));
  EXPECT_THAT(ended.err, HasSubstr("fib.slow_fib(20)"));
  EXPECT_THAT(ended.out, IsEmpty());
}

TEST_F(CliWorker, ListensToTheQueuesNamed) {
  const AnyJob wanted = enqueue(20, "high");
  const AnyJob left = enqueue(20);

  EXPECT_EQ(work({"-b", "high", "low"}).exit_code, 0);

  EXPECT_EQ(wanted.status(), Status::finished);
  EXPECT_EQ(left.status(), Status::queued);
}

TEST_F(CliWorker, FindsModulesInFoldersAndInTheCurrentOne) {
  const AnyJob job = enqueue(20);
  const Ended ended =
      rqpp({"worker", "-b", "-u", server().url()}, {.folder = in_build("examples")});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(job.status(), Status::finished);
}

TEST_F(CliWorker, KeepsResultsAsLongAsTold) {
  const AnyJob job = enqueue(20);

  EXPECT_EQ(work({"-b", "--results-ttl", "2h"}).exit_code, 0);

  const long left = ask("TTL", "rq:job:" + job.id()).number;
  EXPECT_GT(left, 7'000);
  EXPECT_LE(left, 7'200);
}

TEST_F(CliWorker, LogsAsTold) {
  enqueue(20);
  EXPECT_THAT(work({"-b", "-q"}).err, IsEmpty());

  enqueue(20);
  EXPECT_THAT(work({"-b", "--disable-job-desc-logging"}).err, Not(HasSubstr("fib.slow_fib(20)")));

  enqueue(20);
  EXPECT_THAT(work({"-b", "--log-format", "<%(levelname)s> %(message)s"}).err,
              HasSubstr("<info> "));
}

TEST_F(CliWorker, SaysWhoElseCouldRunCodeInItsJobs) {
  const fs::path folder =
      fs::path(::testing::TempDir()) / ("rqpp-open-" + std::to_string(getpid()));
  fs::create_directory(folder);
  fs::permissions(folder, fs::perms::all);

  const Ended ended = work({"-b", "-q", "--path", folder.string()});
  fs::remove(folder);

  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.err, HasSubstr("' may be written by everybody"));
  EXPECT_EQ(work({"-b"}).err.find("this worker runs as root") != std::string::npos, geteuid() == 0);
}

TEST_F(CliWorker, WritesItsNumberIntoAFileWhileItRuns) {
  const fs::path file = fs::path(::testing::TempDir()) / ("rqpp-pid-" + std::to_string(getpid()));
  Program worker(words({"--pid", file.string(), "--name", "the-one"}));
  await_worker("the-one");

  pid_t written = 0;
  std::ifstream(file) >> written;
  EXPECT_EQ(written, worker.pid());
  worker.signal(SIGTERM);

  EXPECT_EQ(worker.wait().exit_code, 0);
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(CliWorker, EndsWhenAskedTo) {
  for (const int signal : {SIGINT, SIGTERM}) {
    Program worker(words({"--name", "w"}));
    await_worker("w");

    worker.signal(signal);

    EXPECT_EQ(worker.wait().exit_code, 0);
    EXPECT_EQ(ask("SCARD", "rq:workers").number, 0);
  }
}

TEST(CliWorkerWithoutRedis, SaysThatItCannotBegin) {
  const Ended ended = rqpp({"worker", "--url", "unix:///nowhere/redis.sock"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("cannot reach unix:///nowhere/redis.sock"),
                               HasSubstr("no such file or directory")));
}

}  // namespace
}  // namespace rqpp::test
