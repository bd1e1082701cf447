#include "base/log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "base/fd.h"
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

  log.info("{} %s {0:x} \x01");

  EXPECT_EQ(last, "{} %s {0:x} \x01");
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
