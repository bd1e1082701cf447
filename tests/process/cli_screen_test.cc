// What all commands that fill the terminal do with it: rqpp doctor --watch, and rqpp top.

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/cutting_proxy.h"
#include "support/whole_screen.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

struct OnScreen {
  const char* name;
  std::vector<std::string> words;
  const char* drawn_in_ascii;  // what a graph is made of where the terminal has no more
  const char* sign_of_a_new_queue;
};

class CliScreen : public RedisTest, public testing::WithParamInterface<OnScreen> {
 protected:
  static const std::vector<std::string>& words() { return GetParam().words; }

  static void await(const std::function<bool()>& condition) {
    const auto until = std::chrono::steady_clock::now() + 60s;
    while (!condition()) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << "the condition did not come true";
      std::this_thread::sleep_for(1ms);
    }
  }
  static bool is_stopped(const Program& program) {
    std::ifstream file("/proc/" + std::to_string(program.pid()) + "/stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    return text.find(") T ") != std::string::npos;
  }
};

INSTANTIATE_TEST_SUITE_P(
    Of, CliScreen,
    testing::Values(OnScreen{"Watch", {"doctor", "--watch", "-i", "0.1"}, "###", "SADD"},
                    OnScreen{"Top", {"top", "-i", "0.1"}, "...", "a-new-queue"}),
    [](const auto& command) { return command.param.name; });

TEST_P(CliScreen, EndsWithWhateverEndsIt) {
  for (const auto& [name, end] : std::vector<std::pair<const char*, std::function<void(Program&)>>>{
           {"q", [](Program& program) { program.type("q"); }},
           {"Ctrl-C", [](Program& program) { program.type("\x03"); }},
           {"SIGTERM", [](Program& program) { program.signal(SIGTERM); }},
           {"SIGHUP", [](Program& program) { program.signal(SIGHUP); }}}) {
    Program program(words(), on_terminal());
    program.await_output("every 0.1 s");

    end(program);
    program.await_output(kExit);
    await([&program] { return program.echoes(); });

    EXPECT_EQ(program.wait().exit_code, 0) << name;
  }
}

TEST_P(CliScreen, EndsWhenItsTerminalIsGone) {
  Program program(words(), on_terminal());
  program.await_output("every 0.1 s");

  program.close_output();

  EXPECT_EQ(program.wait().signal, 0);
}

TEST_P(CliScreen, FollowsTheSizeOfTheTerminal) {
  Program program(words(), on_terminal());
  program.await_output("\x1b[40;1H");

  program.resize(45, 70);

  program.await_output("\x1b[45;1H");
  program.type("q");
  EXPECT_EQ(program.wait().exit_code, 0);
}

TEST_P(CliScreen, GivesTheTerminalBackWhileItIsStopped) {
  Program program(words(), on_terminal());
  program.await_output("\x1b[40;1H");

  program.type("\x1a");  // Ctrl-Z
  program.await_output(kExit);
  await([&program] { return is_stopped(program); });
  EXPECT_TRUE(program.echoes());
  program.resize(45, 100);
  program.signal(SIGCONT);

  program.await_output("\x1b[45;1H");
  EXPECT_FALSE(program.echoes());
  program.type("q");
  EXPECT_EQ(program.wait().exit_code, 0);
}

TEST_P(CliScreen, DrawsInAsciiWhereTheTerminalHasNoMore) {
  Program program(words(), on_terminal("C"));
  program.await_output("every 0.1 s");
  program.await_output(GetParam().drawn_in_ascii);
  program.type("q");
  const std::string out = program.wait().out;

  const std::string drawn = out.substr(0, out.find(kExit));
  EXPECT_TRUE(std::all_of(drawn.begin(), drawn.end(), [](char c) { return c > 0; }));
}

TEST_P(CliScreen, HasNoColorsIfTheUserWantsNone) {
  ProgramOptions options = on_terminal();
  options.environment["NO_COLOR"] = "1";
  Program program(words(), options);
  program.await_output("every 0.1 s");
  program.type("q");

  EXPECT_THAT(program.wait().out, Not(HasSubstr("\x1b[1m")));
}

TEST_P(CliScreen, GoesOnWhenRedisWasAway) {
  CuttingProxy proxy(server().settings().unix_path);
  ProgramOptions options = on_terminal();
  options.environment["RQ_REDIS_URL"] = redis::to_url(proxy.settings());
  Program program(words(), options);
  program.await_output("every 0.1 s");

  proxy.cut_after_sent(0);
  program.await_output("No answer, trying again: ");
  proxy.heal();
  ask("SADD", "rq:queues", "rq:queue:a-new-queue");
  program.await_output(GetParam().sign_of_a_new_queue);

  program.type("q");
  EXPECT_EQ(program.wait().exit_code, 0);
}

TEST_P(CliScreen, SaysThatNobodyIsThereAndLeavesTheTerminalAlone) {
  ProgramOptions options = on_terminal();
  options.environment["RQ_REDIS_URL"] = "redis://:secret@127.0.0.1:1";

  const Ended ended = rqpp(words(), options);

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("connection refused"), Not(HasSubstr("secret"))));
  EXPECT_THAT(ended.out, Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace rqpp::test
