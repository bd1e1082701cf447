// rqpp doctor --watch, --record, --replay and --report as people start them, on a terminal of its
// own.

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "support/whole_screen.h"

namespace rqpp::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::StartsWith;
using Json = nlohmann::json;

void wait_for(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + 60s;
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "the condition did not come true";
    std::this_thread::sleep_for(1ms);
  }
}

class CliWatch : public RedisTest {
 protected:
  CliWatch() {
    std::string name = "/tmp/rqpp-watch-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make a folder");
    folder = name;
  }
  ~CliWatch() override { fs::remove_all(folder); }

  static std::vector<std::string> words(std::vector<std::string> more) {
    std::vector<std::string> all{"doctor", "-i", "0.1"};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  static ProgramOptions elsewhere() { return {.environment = {{"RQ_REDIS_URL", server().url()}}}; }
  Ended doctor(std::vector<std::string> more) { return rqpp(words(std::move(more)), elsewhere()); }

  std::string path(const std::string& name) const { return (folder / name).string(); }
  static std::string text_of(const std::string& file) {
    std::stringstream text;
    text << std::ifstream(file).rdbuf();
    return text.str();
  }
  static long lines_of(const std::string& file) {
    const std::string text = text_of(file);
    return std::count(text.begin(), text.end(), '\n');
  }
  /// A recording of at least four moments, in which KEYS was called.
  std::string recorded() {
    const std::string file = path("recorded.jsonl");
    Program program(words({"--watch", "--record", file}), elsewhere());
    wait_for([&file] { return lines_of(file) >= 3; });
    for (int i = 0; i < 2'000; ++i) ask("KEYS", "*");
    const long before = lines_of(file);
    wait_for([&] { return lines_of(file) >= before + 2; });
    program.signal(SIGINT);
    EXPECT_EQ(program.wait().exit_code, 0);
    return file;
  }

  fs::path folder;
};

// ---- on a terminal: see also cli_screen_test.cc

TEST_F(CliWatch, DrawsGraphsUntilQAndLeavesTheTerminalAsItWas) {
  Program program(words({"--watch"}), on_terminal());
  program.await_output(kEnter);
  program.await_output("⣿");
  EXPECT_FALSE(program.echoes());
  ask("PING");
  program.await_output("PING");

  program.type("q");
  program.await_output(kExit);
  wait_for([&program] { return program.echoes(); });
  const Ended ended = program.wait();

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("CPU"), HasSubstr("Commands by CPU"),
                               HasSubstr("q ends; every 0.1 s; a look costs Redis 10 commands")));
  EXPECT_THAT(ended.out.substr(ended.out.find(kExit)),
              AllOf(HasSubstr("This visit cost Redis"), Not(HasSubstr(kEnter))));
}

TEST_F(CliWatch, EndsAfterItsTime) {
  Program program(words({"--watch", "--for", "1s"}), on_terminal());

  program.await_output(kExit);

  EXPECT_EQ(program.wait().exit_code, 0);
}

// ---- elsewhere

TEST_F(CliWatch, PrintsALineForEachLookWithoutATerminal) {
  ProgramOptions options = elsewhere();
  options.output = path("out");
  std::ofstream created(options.output);
  Program program(words({"--watch"}), options);
  wait_for([&] { return lines_of(options.output) >= 3; });
  program.signal(SIGINT);
  EXPECT_EQ(program.wait().exit_code, 0);

  const std::string out = text_of(options.output);
  EXPECT_THAT(out, Not(HasSubstr("\x1b")));
  std::istringstream lines(out);
  std::string line;
  for (int i = 0; i < 3; ++i) {
    std::getline(lines, line);
    EXPECT_THAT(line, MatchesRegex("[0-9:]+  CPU: [0-9.]+ %  Commands: .*/s  Network out: .*"));
  }
  EXPECT_THAT(out, HasSubstr("This visit cost Redis"));
}

TEST_F(CliWatch, EndsWhenNobodyReads) {
  Program program(words({"--watch"}), elsewhere());
  program.await_output("CPU: ");

  program.close_output();

  const Ended ended = program.wait();
  EXPECT_TRUE(ended.exit_code == 0 || ended.signal == SIGPIPE) << ended.exit_code;
}

TEST_F(CliWatch, RefusesWhatDoesNotGoTogether) {
  for (const auto& more : std::vector<std::vector<std::string>>{{"--watch", "--json"},
                                                                {"--watch", "--repair"},
                                                                {"--watch", "--replay", "x"},
                                                                {"--record", "x", "--replay", "y"},
                                                                {"--replay", "x", "--for", "5s"},
                                                                {"--speed", "2"},
                                                                {"--watch", "-i", "0.01"}}) {
    const Ended ended = doctor(more);
    EXPECT_EQ(ended.exit_code, 2) << more[0] << ' ' << more[1] << ended.out;
    EXPECT_THAT(ended.err, HasSubstr("rqpp doctor --help"));
  }
}

// ---- recordings

TEST_F(CliWatch, ReplaysWhatItRecordedWithoutRedis) {
  const std::string file = recorded();
  ProgramOptions options = on_terminal();
  options.environment["RQ_REDIS_URL"] = "redis://127.0.0.1:1";
  Program program(words({"--replay", file, "--speed", "1000"}), options);

  program.await_output("replay of " + file + ": the end; q ends");
  program.type("q");
  const Ended ended = program.wait();

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, AllOf(HasSubstr("KEYS"), HasSubstr("⣿"), HasSubstr("1000x; q ends")));
  EXPECT_THAT(ended.out.substr(ended.out.find(kExit)), HasSubstr("KEYS takes"));
}

TEST_F(CliWatch, TellsTheFindingsOfARecording) {
  const Ended ended = doctor({"--replay", recorded(), "--json", "--fail-on", "note"});

  EXPECT_EQ(ended.exit_code, 3) << ended.err;
  const Json told = Json::parse(ended.out);
  EXPECT_EQ(told["findings"][0]["subject"], "KEYS");
  EXPECT_EQ(told["server"]["url"], redis::to_display(server().settings()));
  EXPECT_GT(told["cost"]["commands"], 20);
}

TEST_F(CliWatch, ReplaysARecordingOfAKilledDoctor) {
  const std::string file = path("killed.jsonl");
  {
    Program program(words({"--watch", "--record", file}), elsewhere());
    wait_for([&file] { return lines_of(file) >= 5; });
    program.signal(SIGKILL);
    EXPECT_EQ(program.wait().signal, SIGKILL);
  }
  std::string text = text_of(file);
  std::ofstream(file) << text.substr(0, text.size() - 30);  // and a disk that was full

  const Ended ended = doctor({"--replay", file});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.out, HasSubstr("Commands: "));
  EXPECT_THAT(ended.err, HasSubstr("1 damaged line left out"));
}

TEST_F(CliWatch, NeverObeysWhatAFileSays) {
  const std::string file = path("hostile.jsonl");
  const std::string escape = R"(\u001b[5mx\n\u009b7m)";
  std::ofstream stream(file);
  stream << R"({"recording": 1, "started": 1, "url": ")" << escape
         << R"(", "server": {"version": ")" << escape << R"("}})" << '\n';
  for (const int second : {0, 1}) {
    stream << R"({"moment": {"at_seconds": )" << second << R"(, "by_command": {")" << escape
           << R"(": {"calls": )" << second << R"(, "usec": )" << second
           << R"(}}}, "calls": {}, "bytes_out": 1, "bytes_in": 1})" << '\n';
  }
  stream.close();
  Program program(words({"--replay", file, "--speed", "1000"}), on_terminal());
  program.await_output("the end");
  program.type("q");

  const Ended ended = program.wait();

  EXPECT_THAT(ended.out,
              AllOf(HasSubstr("\\x1b[5m"), Not(HasSubstr("\x1b[5m")), Not(HasSubstr("\xc2\x9b"))));
}

TEST_F(CliWatch, RecordsAVisitWithAllThatItFinds) {
  ask("SADD", "rq:workers", "rq:worker:dead");
  const std::string file = path("visit.jsonl");
  const Json visited = Json::parse(doctor({"--for", "1s", "--record", file, "--json"}).out);

  const Json replayed = Json::parse(doctor({"--replay", file, "--json"}).out);

  EXPECT_GE(lines_of(file), 5);
  EXPECT_EQ(replayed, visited);
  EXPECT_THAT(visited.dump(), HasSubstr("dead-workers"));
  EXPECT_THAT(visited["load"]["commands"], IsEmpty()) << "its own looks are left out";
}

TEST_F(CliWatch, SaysWhatIsWrongWithAFile) {
  std::ofstream(path("other.txt")) << "my thesis\n";

  const Ended replayed = doctor({"--replay", path("other.txt")});
  const Ended recorded = doctor({"--watch", "--record", path("other.txt")});
  const Ended missing = doctor({"--replay", path("missing")});
  const Ended report = doctor({"--report", path("no/such/folder.html")});

  EXPECT_EQ(replayed.exit_code, 2);
  EXPECT_THAT(replayed.err, HasSubstr("is no recording"));
  EXPECT_EQ(recorded.exit_code, 2);
  EXPECT_EQ(text_of(path("other.txt")), "my thesis\n");
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_THAT(missing.err, HasSubstr("no such file or directory"));
  EXPECT_EQ(report.exit_code, 1);
  EXPECT_THAT(report.err, HasSubstr("cannot write to '"));
}

// ---- reports

TEST_F(CliWatch, WritesAPageAboutAVisit) {
  ask("SADD", "rq:workers", "rq:worker:<script>");
  const std::string file = path("report.html");

  const Ended ended = doctor({"--for", "1s", "--report", file});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const std::string page = text_of(file);
  EXPECT_THAT(page, AllOf(StartsWith("<!doctype html>"), HasSubstr("<path class=\"line c0\""),
                          HasSubstr("&lt;script&gt;"), Not(HasSubstr("<script")),
                          HasSubstr("This look cost Redis")));
}

TEST_F(CliWatch, WritesAPageAboutARecordingAndAWatch) {
  EXPECT_EQ(doctor({"--replay", recorded(), "--report", path("replay.html")}).exit_code, 0);
  EXPECT_EQ(doctor({"--watch", "--for", "1s", "--report", path("watch.html")}).exit_code, 0);

  EXPECT_THAT(text_of(path("replay.html")), HasSubstr("KEYS takes"));
  EXPECT_THAT(text_of(path("watch.html")), HasSubstr("<svg"));
}

TEST_F(CliWatch, LeavesNoPageBehindIfNothingWasMeasured) {
  ProgramOptions options = elsewhere();
  options.environment["RQ_REDIS_URL"] = "redis://127.0.0.1:1";
  std::ofstream(path("old.html")) << "old";

  EXPECT_EQ(rqpp(words({"--report", path("new.html")}), options).exit_code, 1);
  EXPECT_EQ(rqpp(words({"--report", path("old.html")}), options).exit_code, 1);

  EXPECT_FALSE(fs::exists(path("new.html")));
  EXPECT_EQ(text_of(path("old.html")), "old");
}

}  // namespace
}  // namespace rqpp::test
