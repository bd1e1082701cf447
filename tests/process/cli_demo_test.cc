#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "support/program.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;
namespace fs = std::filesystem;

template <class Condition>
void wait_until(const Condition& condition) {
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "the condition did not come true";
    std::this_thread::yield();
  }
}

/// Runs demos in a folder of their own, and knows what they leave behind. Whatever process a demo
/// leaves becomes our child.
class CliDemo : public ::testing::Test {
 protected:
  CliDemo() {
    adopt_orphans();
    std::string name = "/tmp/rqpp-demo-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    folder = name;
  }
  ~CliDemo() override {
    fs::remove_all(folder);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
  }

  ProgramOptions options() const { return {.environment = {{"TMPDIR", folder.string()}}}; }
  ProgramOptions on_terminal() const {
    ProgramOptions with = options();
    with.terminal = true;
    return with;
  }

  std::vector<std::string> files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      names.push_back(entry.path().string());
    }
    return names;
  }
  bool has_file(std::string_view ending) const {
    for (const std::string& name : files()) {
      if (fs::path(name).filename() == ending) return true;
    }
    return false;
  }
  void expect_nothing_left() {
    EXPECT_THAT(files(), IsEmpty());
    EXPECT_THAT(children(), ::testing::IsSubsetOf(before));
  }

  fs::path folder;
  std::set<pid_t> before = children();
};

constexpr const char* kTable =
    "fib(20) = 10946\n"
    "fib(21) = 17711\n"
    "fib(22) = 28657\n";

TEST_F(CliDemo, MindsNoConfigurationOfWorkers) {
  ProgramOptions with = options();
  const fs::path file = folder / "rq.conf";
  std::ofstream(file) << "QUEUES = ['other']\n";
  with.environment["RQ_CONFIG"] = file.string();

  const Ended ended = rqpp({"demo", "--first", "1", "--last", "2"}, with);

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, EndsWith("Done\n"));
}

TEST_F(CliDemo, PrintsEachResultOnceWithoutATerminal) {
  const Ended ended = rqpp({"demo", "--last", "22"}, options());

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(StartsWith("Asynchronously:\n"), EndsWith("Done\n"),
                               HasSubstr("fib(20) = 10946\n"), HasSubstr("fib(21) = 17711\n"),
                               HasSubstr("fib(22) = 28657\n")));
  EXPECT_EQ(std::count(ended.out.begin(), ended.out.end(), '\n'), 5);
  EXPECT_THAT(ended.err, IsEmpty());
  expect_nothing_left();
}

TEST_F(CliDemo, CalculatesWhatRqsExampleDoes) {
  const Ended ended = rqpp({"demo"}, options());

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(std::count(ended.out.begin(), ended.out.end(), '\n'), 16);
  EXPECT_THAT(ended.out, HasSubstr("fib(33) = 5702887\n"));
  expect_nothing_left();
}

/// What a terminal shows after this output: enough of one for a table that is redrawn in place.
std::string screen(const std::string& output) {
  std::vector<std::string> lines{""};
  std::size_t row = 0;
  for (std::size_t i = 0; i < output.size(); ++i) {
    if (output.compare(i, 3, "\x1b[K") == 0) {
      i += 2;
    } else if (output[i] == '\x1b') {
      const std::size_t end = output.find('A', i);
      row -= std::stoul(output.substr(i + 2, end - i - 2));
      i = end;
    } else if (output[i] == '\r') {
      lines[row].clear();
    } else if (output[i] == '\n') {
      if (++row == lines.size()) lines.emplace_back();
      lines[row].clear();  // each of our lines is written anew
    } else {
      lines[row] += output[i];
    }
  }
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST_F(CliDemo, RedrawsItsTableInPlaceOnATerminal) {
  Program demo({"demo", "--last", "22"}, on_terminal());
  demo.await_output("Asynchronously: (now = 0.");

  Ended ended = demo.wait();

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  ended.out.erase(std::remove(ended.out.begin(), ended.out.end(), '\r'), ended.out.end());
  EXPECT_THAT(ended.out, HasSubstr("fib(22) = (calculating)"));
  EXPECT_THAT(screen(ended.out), StartsWith("Asynchronously: (now = "));
  EXPECT_THAT(screen(ended.out), EndsWith(std::string(kTable) + "Done\n\n"));
  expect_nothing_left();
}

/// fib(80) never ends, so that there is something to interrupt.
class InterruptedDemo : public CliDemo, public ::testing::WithParamInterface<int> {
 protected:
  void expect_clean_end(Program& demo) {
    const Ended ended = demo.wait();
    EXPECT_EQ(ended.exit_code, 128 + GetParam()) << ended.err;
    EXPECT_THAT(ended.err, IsEmpty());
    expect_nothing_left();
  }
};

TEST_P(InterruptedDemo, LeavesNothingWhileRedisStarts) {
  Program demo({"demo", "--first", "20", "--last", "80"}, options());
  wait_until([this] { return has_file("owner.lock"); });

  demo.signal(GetParam());

  expect_clean_end(demo);
}

TEST_P(InterruptedDemo, LeavesNothingWhileTheWorkerStarts) {
  Program demo({"demo", "--first", "20", "--last", "80"}, options());
  wait_until([this] { return has_file("worker.log"); });

  demo.signal(GetParam());

  expect_clean_end(demo);
}

TEST_P(InterruptedDemo, LeavesNothingWhileJobsRun) {
  Program demo({"demo", "--first", "20", "--last", "80"}, options());
  demo.await_output("fib(20) = 10946");

  demo.signal(GetParam());

  expect_clean_end(demo);
}

INSTANTIATE_TEST_SUITE_P(BySignal, InterruptedDemo, ::testing::Values(SIGINT, SIGTERM, SIGHUP));

TEST_F(CliDemo, LeavesNothingAfterCtrlC) {
  Program demo({"demo", "--first", "60", "--last", "80"}, on_terminal());
  demo.await_output("fib(80) = (calculating)");

  demo.type("\x03");

  const Ended ended = demo.wait();
  EXPECT_EQ(ended.exit_code, 128 + SIGINT);
  EXPECT_THAT(ended.err, IsEmpty());
  expect_nothing_left();
}

TEST_F(CliDemo, LeavesNothingWhenNobodyReadsItsOutput) {
  Program demo({"demo", "--first", "20", "--last", "80"}, options());
  demo.await_output("Asynchronously:");

  demo.close_output();

  EXPECT_EQ(demo.wait().exit_code, 128 + SIGPIPE);
  expect_nothing_left();
}

TEST_F(CliDemo, LeavesNoProcessWhenItIsKilled) {
  Program demo({"demo", "--first", "20", "--last", "80"}, options());
  demo.await_output("fib(20) = 10946");

  demo.signal(SIGKILL);

  EXPECT_EQ(demo.wait().signal, SIGKILL);
  // What it leaves are our children now, on their way out.
  wait_until([this] { return children() == before; });
}

TEST_F(CliDemo, SaysWhatIsMissing) {
  const Ended ended = rqpp({"demo"}, {.environment = {{"PATH", "/nowhere"}}});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, AllOf(StartsWith("rqpp: no redis-server"), HasSubstr("apt install")));
}

}  // namespace
}  // namespace rqpp::test
