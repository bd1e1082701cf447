#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "base/printable.h"
#include "rqpp/error.h"

namespace rqpp::base {
namespace {

using Line = std::pair<LogLevel, std::string>;
using testing::ElementsAre;
using testing::MatchesRegex;

/// A file that is gone after the test.
class TemporaryFile {
 public:
  TemporaryFile() : fd_(::mkstemp(path_.data())) {}
  ~TemporaryFile() { ::unlink(path_.c_str()); }
  const std::string& path() const { return path_; }
  std::string text() const {
    std::ifstream in(path_);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

 private:
  std::string path_ = "/tmp/rqpp-log-test-XXXXXX";
  Fd fd_;
};

TEST(Log, HandsOverEveryMessageWithItsLevel) {
  std::vector<Line> lines;
  const Log log =
      Log::to([&](LogLevel level, std::string_view text) { lines.emplace_back(level, text); });

  log.debug("d");
  log.info("i");
  log.warning("w");
  log.error("e");

  EXPECT_THAT(lines, ElementsAre(Line{LogLevel::debug, "d"}, Line{LogLevel::info, "i"},
                                 Line{LogLevel::warning, "w"}, Line{LogLevel::error, "e"}));
}

TEST(Log, DropsWhatIsBelowItsLevel) {
  std::vector<Line> lines;
  const Log log =
      Log::to([&](LogLevel level, std::string_view text) { lines.emplace_back(level, text); },
              LogLevel::warning);

  log.info("i");
  log.error("e");

  EXPECT_THAT(lines, ElementsAre(Line{LogLevel::error, "e"}));
}

TEST(Log, TakesBracesAndPercentsAsText) {
  std::string last;
  const Log log = Log::to([&](LogLevel, std::string_view text) { last = text; });

  log.info("{} %s {0:x}");

  EXPECT_EQ(last, "{} %s {0:x}");
}

TEST(Log, MakesOneLineOfEachMessage) {
  std::string last;
  const Log log = Log::to([&](LogLevel, std::string_view text) { last = text; });

  log.info("default: f('\n12:00:00 forged') \x1b[2J\r\xC2\x9B\xE2\x80\xAE\xff");

  EXPECT_EQ(last, "default: f('\\x0a12:00:00 forged') \\x1b[2J\\x0d\\x9b\\u202e\\xff");
}

TEST(Log, IndentsDetailsSoThatNoneLooksLikeAMessage) {
  std::string last;
  const Log log = Log::to([&](LogLevel, std::string_view text) { last = text; });

  log.error("[Job 1]: failed", "Traceback\n  at f\n12:00:00 forged\x1b[2J\n");

  EXPECT_EQ(last, "[Job 1]: failed\n  Traceback\n    at f\n  12:00:00 forged\\x1b[2J");
}

TEST(Log, HidesPasswordsInUrls) {
  std::string last;
  const Log log = Log::to([&](LogLevel, std::string_view text) { last = text; });

  log.warning("cannot reach https://me:s3cret@host/x", LogSite{});
  EXPECT_EQ(last, "cannot reach https://me:***@host/x");
  log.error("failed", "at redis://:s3cret@db:1");
  EXPECT_EQ(last, "failed\n  at redis://:***@db:1");
}

TEST(Log, CutsOffWhatIsTooLong) {
  std::size_t most = 0;
  const Log log = Log::to([&](LogLevel, std::string_view text) { most = text.size(); });

  log.info(std::string(10 * Log::kMostBytes, 'x'));
  EXPECT_LT(most, Log::kMostBytes + 100);
  log.error("x", std::string(10 * Log::kMostBytes, 'x'));
  EXPECT_LT(most, Log::kMostBytes + 100);
}

/// What an attacker would send, and what is cut in the middle.
std::string hostile_text(std::mt19937& random) {
  static const std::vector<std::string> kPieces{"\n",
                                                "\r",
                                                "\x1b[2J",
                                                "\x1b]0;title\x07",
                                                "\x7f",
                                                "\xC2\x9B",
                                                "\xC2\x85",
                                                "\xE2\x80\xA8",
                                                "\xE2\x80\xAE",
                                                "\xff",
                                                "\xC3",
                                                "é",
                                                "😀",
                                                "a",
                                                " ",
                                                "\t",
                                                "12:00:00 default: Job OK (x)",
                                                std::string(1, '\0'),
                                                "https://u:pw@h",
                                                "{}",
                                                "%v"};
  std::string text;
  for (auto left = random() % 12; left > 0; --left) text += kPieces[random() % kPieces.size()];
  return text;
}

TEST(Log, WritesNothingThatATerminalObeysWhateverItIsGiven) {
  std::string last;
  const Log log = Log::to([&](LogLevel, std::string_view text) { last = text; });
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = hostile_text(random);
    log.info(text);
    ASSERT_EQ(last, printable(last)) << testing::PrintToString(text);
    ASSERT_THAT(last, testing::Not(testing::HasSubstr(":pw@")));

    log.error("x", text + "\nend", LogSite{"", i});
    ASSERT_EQ(last, printable(last, Breaks::keep)) << testing::PrintToString(text);
    for (std::size_t at = 0; (at = last.find('\n', at)) != std::string::npos; ++at) {
      ASSERT_EQ(last.substr(at, 3), "\n  ");
    }
  }
}

TEST(Log, LimitsWarningsOfOneCauseAndCountsTheRest) {
  std::vector<std::string> lines;
  {
    const Log log = Log::to([&](LogLevel, std::string_view text) { lines.emplace_back(text); });
    for (int i = 0; i < 1000; ++i) log.warning("job is skipped");
    log.warning("something else");
    EXPECT_EQ(lines.size(), LogLimiter::kMostLines + 2);
  }

  EXPECT_THAT(lines[LogLimiter::kMostLines], testing::StartsWith("More lines like this one"));
  EXPECT_EQ(lines.back(), "900 more lines like this one were left out: job is skipped");
}

TEST(Log, WritesEveryLineOfWhatJobsDo) {
  std::size_t count = 0;
  const Log log = Log::to([&](LogLevel, std::string_view) { ++count; });
  for (int i = 0; i < 1000; ++i) log.info("default: Job OK");

  EXPECT_EQ(count, 1000);
}

TEST(Log, IsSilentByDefault) {
  const Log log;

  EXPECT_NO_THROW(log.error("nobody hears this"));
}

TEST(Log, WritesLinesInTheFormOfRqWorkers) {
  const TemporaryFile file;

  const Log log = Log::to_file(file.path());
  log.info("*** Listening on default...");
  log.debug("not at this level");

  EXPECT_THAT(file.text(),
              MatchesRegex("[0-9][0-9]:[0-9][0-9]:[0-9][0-9] [*][*][*] Listening on default...\n"));
}

TEST(Log, TakesAnotherPattern) {
  const TemporaryFile file;

  Log::to_file(file.path(), {.level = LogLevel::debug, .pattern = "[%l] %v"}).debug("x");

  EXPECT_EQ(file.text(), "[debug] x\n");
}

TEST(Log, NamesTheFileThatItCannotOpen) {
  try {
    Log::to_file("/dev/null/rqpp.log");
    FAIL() << "the file was opened";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(),
                testing::StartsWith("cannot open the log file '/dev/null/rqpp.log': "));
  }
}

}  // namespace
}  // namespace rqpp::base
