// What others chose, in the worker's log: it shows it, and obeys none of it.

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/log_limiter.h"
#include "base/printable.h"
#include "support/program.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string kEvil = "evil\n12:00:00 forged \x1b[2J\xC2\x9B\xE2\x80\xAE\r\xff";

class LogTest : public RedisTest {
 protected:
  static Ended work(const std::vector<std::string>& queues = {}) {
    std::vector<std::string> words{"worker", "-b",          "--path", in_build("examples").string(),
                                   "--url",  server().url()};
    words.insert(words.end(), queues.begin(), queues.end());
    return rqpp(words);
  }
  static std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> lines;
    std::istringstream stream(text);
    for (std::string line; std::getline(stream, line);) lines.push_back(line);
    return lines;
  }
  static void expect_harmless(const std::string& log) {
    EXPECT_EQ(log, base::printable(log, base::Breaks::keep));
    EXPECT_THAT(lines_of(log), Each(Not(StartsWith("12:00:00 forged"))));
    EXPECT_THAT(log, HasSubstr("evil\\x0a12:00:00 forged \\x1b[2J\\x9b\\u202e\\x0d\\xff"));
  }

  Queue queue{"default", {.url = server().url()}};
};

TEST_F(LogTest, ShowsADescriptionButObeysNoneOfIt) {
  queue.enqueue(Call{.function = "fib.slow_fib", .args = {1}}, {.description = kEvil});

  expect_harmless(work().err);
}

TEST_F(LogTest, ShowsTheNamesOfQueuesAndFunctionsButObeysNoneOfThem) {
  const std::string name = kEvil.substr(0, kEvil.size() - 1);
  queue.sibling(name).enqueue(Call{.function = "fib.slow_fib", .args = {1}});
  queue.enqueue(Call{.function = "fib." + name});

  const std::string log = work({name, "default"}).err;
  EXPECT_EQ(log, base::printable(log, base::Breaks::keep));
  EXPECT_THAT(lines_of(log), Each(Not(StartsWith("12:00:00 forged"))));
  EXPECT_THAT(log, HasSubstr("Listening on evil\\x0a12:00:00 forged"));
}

TEST_F(LogTest, ShowsIdsAndWhatRedisSaysButObeysNoneOfThem) {
  // Nothing belongs to this id, and this queue is no list: both are complained about.
  ask("RPUSH", "rq:queue:default", kEvil);
  ask("HSET", "rq:job:" + kEvil, "status", "queued", "data", kEvil, "origin", "default");

  expect_harmless(work().err);
}

TEST_F(LogTest, IndentsTheTextOfAFailureSoThatNoLineCanBeForged) {
  queue.enqueue(Call{.function = "fib.slow_fib", .args = {Value("x\n12:00:00 forged")}});

  const std::string log = work().err;

  EXPECT_THAT(log, HasSubstr("exception raised while executing"));
  EXPECT_THAT(lines_of(log), Each(Not(StartsWith("12:00:00 forged"))));
  for (const std::string& line : lines_of(log)) {
    EXPECT_TRUE(line.starts_with("  ") || (line.size() > 8 && line[2] == ':' && line[5] == ':'))
        << line;
  }
}

TEST_F(LogTest, IsNotFloodedByFailures) {
  constexpr int kJobs = 300;
  for (int i = 0; i < kJobs; ++i) queue.enqueue(Call{.function = "fib.no_such_task"});

  const auto lines = lines_of(work().err);

  const auto failures = std::count_if(lines.begin(), lines.end(), [](const std::string& line) {
    return line.find("exception raised while executing") != std::string::npos;
  });
  // And one that is quoted as a sample of those left out.
  EXPECT_EQ(failures, static_cast<long>(base::LogLimiter::kMostLines) + 1);
  EXPECT_THAT(lines, testing::Contains(HasSubstr("200 more lines like this one were left out: ")));
  EXPECT_EQ(ask("ZCARD", "rq:failed:default").number, kJobs);
}

}  // namespace
}  // namespace rqpp::test
