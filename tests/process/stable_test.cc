#include "worker/stable.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/serialize.h"
#include "codec/wire_call.h"
#include "support/paths.h"
#include "worker/describe_exit.h"

#include <rqpp/module.h>

namespace rqpp::worker {
namespace {

namespace fs = std::filesystem;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kPatience{30};
const std::string kFolder = test::build_dir() + "/tests/modules";

/// Gone, or a zombie that nobody has reaped: it runs no more.
bool is_over(pid_t pid) {
  std::ifstream stat("/proc/" + std::to_string(pid) + "/stat");
  std::string line;
  if (!std::getline(stat, line)) return true;
  return line.substr(line.rfind(')') + 2, 1) == "Z";
}

std::string name_of(pid_t pid) {
  std::ifstream comm("/proc/" + std::to_string(pid) + "/comm");
  std::string name;
  std::getline(comm, name);
  return name;
}

template <class Condition>
[[nodiscard]] bool becomes_true(Condition condition) {
  const auto deadline = Clock::now() + kPatience;
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    ::poll(nullptr, 0, 1);
  }
  return true;
}

std::string program_of(pid_t pid) {
  return fs::read_symlink("/proc/" + std::to_string(pid) + "/exe").filename();
}

const Module kOwnModule{.name = "own",
                        .fill = [](TaskTable& tasks) { tasks.add("answer", [] { return 42; }); }};

bool has_mapped(pid_t pid, const std::string& file) {
  std::ifstream maps("/proc/" + std::to_string(pid) + "/maps");
  std::string line;
  while (std::getline(maps, line)) {
    if (line.ends_with("/" + file)) return true;
  }
  return false;
}

std::size_t open_descriptors_of(pid_t pid) {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry :
       fs::directory_iterator("/proc/" + std::to_string(pid) + "/fd")) {
    ++count;
  }
  return count;
}

/// A stable and what it has reported.
class Herder {
 public:
  explicit Herder(const StableOptions& options = {.module_path = {kFolder}})
      : stable_(Stable::start(options)) {}

  Stable& stable() { return stable_; }

  /// Forks a horse and waits for its birth.
  int fork_horse() {
    const int id = ++last_id_;
    stable_.fork_horse(id);
    stable_.flush();
    wait([&] { return born.contains(id) || failed.contains(id) || gone; });
    if (!born.contains(id)) throw std::runtime_error("no horse was born");
    return id;
  }
  pid_t pid_of(int horse) { return born.at(horse); }

  void assign(int horse, const Call& call) {
    channels.at(horse).send(Assignment{.job_id = job_id,
                                       .execution_id = "e1",
                                       .queue = "mail",
                                       .worker = "w1",
                                       .data = codec::encode_call(call, Serializer::pickle)});
    channels.at(horse).flush();
  }
  void signal(int horse, int number) {
    stable_.signal_horse(horse, number);
    stable_.flush();
  }

  /// The next frame of a horse, or nullopt at its end.
  std::optional<FromHorse> next_frame(int horse) {
    auto& waiting = unread[horse];
    if (!wait([&] { return !waiting.empty() || !channels.at(horse).is_open(); })) {
      throw std::runtime_error("the horse says nothing");
    }
    if (waiting.empty()) return std::nullopt;
    FromHorse frame = std::move(waiting.front());
    waiting.erase(waiting.begin());
    return frame;
  }
  /// The next outcome, or nullopt if the horse ends without one.
  std::optional<Outcome> next_outcome(int horse) {
    while (auto frame = next_frame(horse)) {
      if (auto* outcome = std::get_if<Outcome>(&*frame)) return std::move(*outcome);
    }
    return std::nullopt;
  }
  std::optional<Outcome> run(int horse, const Call& call) {
    assign(horse, call);
    return next_outcome(horse);
  }
  Value result_of(int horse, const Call& call) {
    const std::optional<Outcome> outcome = run(horse, call);
    if (!outcome) throw std::runtime_error("the horse ended without an outcome");
    EXPECT_EQ(outcome->kind, Outcome::Kind::value) << outcome->exc_info;
    return outcome->return_value.empty() ? Value() : codec::deserialize(outcome->return_value);
  }
  HorseExited wait_for_exit(int horse) {
    if (!wait([&] { return exited.contains(horse); })) throw std::runtime_error("still alive");
    return exited.at(horse);
  }

  template <class Condition>
  bool wait(Condition condition) {
    const auto deadline = Clock::now() + kPatience;
    while (!condition()) {
      if (Clock::now() > deadline) return false;
      step();
    }
    return true;
  }

  std::string job_id = "j1";  // of the next assignment
  std::map<int, pid_t> born{};
  std::map<int, HorseChannel> channels{};
  std::map<int, std::vector<FromHorse>> unread{};
  std::map<int, HorseExited> exited{};
  std::map<int, std::string> failed{};
  std::optional<std::string> gone{};
  std::vector<std::string> troubles{};

 private:
  void step() {
    std::vector<pollfd> entries{{.fd = stable_.fd(), .events = stable_.events(), .revents = 0}};
    for (auto& [id, channel] : channels) {
      if (!channel.is_open()) continue;
      entries.push_back({.fd = channel.fd(), .events = channel.events(), .revents = 0});
    }
    ::poll(entries.data(), entries.size(), 100);
    for (auto& [id, channel] : channels) {
      if (!channel.is_open()) continue;
      channel.flush();
      Arrivals<FromHorse> arrivals = channel.read();
      for (FromHorse& frame : arrivals.frames) unread[id].push_back(std::move(frame));
      if (!arrivals.trouble.empty()) troubles.push_back(arrivals.trouble);
    }
    if (entries[0].revents == 0) return;
    for (Stable::Report& report : stable_.step(entries[0].revents)) take(std::move(report));
  }
  void take(Stable::Report report) {
    if (auto* birth = std::get_if<Stable::Born>(&report)) {
      born[birth->horse] = birth->pid;
      channels[birth->horse] = HorseChannel(std::move(birth->socket));
    } else if (auto* exit = std::get_if<HorseExited>(&report)) {
      exited[exit->horse] = *exit;
    } else if (auto* failure = std::get_if<ForkFailed>(&report)) {
      failed[failure->horse] = failure->reason;
    } else if (auto* end = std::get_if<Stable::Gone>(&report)) {
      gone = end->why;
    }
  }

  Stable stable_;
  int last_id_ = 0;
};

class StableTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = (fs::temp_directory_path() / "rqpp-stable-XXXXXX").string();
    ASSERT_NE(::mkdtemp(folder_.data()), nullptr);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  /// The processes that a task wrote into the file: `<child> <grandchild>`.
  std::pair<pid_t, pid_t> family_in(const std::string& file) {
    EXPECT_TRUE(becomes_true([&] { return fs::exists(file); }));
    std::ifstream in(file);
    std::pair<pid_t, pid_t> pids{};
    in >> pids.first >> pids.second;
    return pids;
  }

  std::string folder_{};
};

TEST_F(StableTest, ForksHorsesThatRunJobs) {
  Herder herder;
  const int horse = herder.fork_horse();

  EXPECT_EQ(herder.result_of(horse, {.function = "horses.add", .args = {2, 3}}), Value(5));
  EXPECT_EQ(herder.result_of(horse, {.function = "horses.add", .args = {4, 5}}), Value(9));
}

TEST_F(StableTest, TellsTheHorsesProcess) {
  Herder herder;
  const int horse = herder.fork_horse();

  EXPECT_EQ(herder.result_of(horse, {.function = "horses.pid"}), Value(herder.pid_of(horse)));
  EXPECT_EQ(name_of(herder.pid_of(horse)), "rqpp-horse");
  EXPECT_EQ(name_of(herder.stable().pid()), "rqpp-stable");
}

TEST_F(StableTest, IsASmallProgramThatHasNothingOfTheParent) {
  Herder herder;

  EXPECT_EQ(program_of(herder.pid_of(herder.fork_horse())), "rqpp-stable");
  EXPECT_FALSE(has_mapped(herder.stable().pid(), program_of(::getpid())));
}

TEST_F(StableTest, IsForkedFromAProgramThatHasModulesOfItsOwn) {
  Herder herder({.module_path = {kFolder}, .modules = {&kOwnModule}});
  const int horse = herder.fork_horse();

  EXPECT_EQ(program_of(herder.stable().pid()), program_of(::getpid()));
  EXPECT_EQ(herder.result_of(horse, {.function = "own.answer"}), Value(42));
  EXPECT_EQ(herder.result_of(horse, {.function = "horses.add", .args = {2, 3}}), Value(5));
}

TEST_F(StableTest, EndsAHorseWhoseChannelIsClosed) {
  Herder herder;
  const int horse = herder.fork_horse();

  herder.channels.at(horse).close();
  const HorseExited exited = herder.wait_for_exit(horse);

  EXPECT_EQ(exited.wait_status, 0);
  EXPECT_GT(exited.usage.peak_memory_bytes, 0);
}

TEST_F(StableTest, LetsAHorseSeeNothingButItsChannel) {
  Herder herder;
  herder.fork_horse();
  const int horse = herder.fork_horse();

  EXPECT_EQ(herder.result_of(horse, {.function = "horses.open_descriptors"}),
            Value::list({0, 1, 2, 3}));
  EXPECT_EQ(herder.result_of(horse, {.function = "horses.input_is_empty"}), Value(true));
}

TEST_F(StableTest, TellsAJobItsNamesInTheEnvironment) {
  Herder herder;
  const int horse = herder.fork_horse();
  const auto variable = [&](const char* name) {
    return herder.result_of(horse, {.function = "horses.variable", .args = {name}});
  };

  EXPECT_EQ(variable("RQ_JOB_ID"), Value("j1"));
  EXPECT_EQ(variable("RQ_WORKER_ID"), Value("w1"));
  const std::string long_id(1'000, 'j');  // more than there is room for in place
  herder.job_id = long_id;
  EXPECT_EQ(variable("RQ_JOB_ID"), Value(long_id));
  herder.job_id = "j2";
  EXPECT_EQ(variable("RQ_JOB_ID"), Value("j2"));
}

TEST_F(StableTest, CarriesTheBacktraceOfAThrow) {
  Herder herder;

  const auto outcome =
      herder.run(herder.fork_horse(), {.function = "horses.throw_deep", .args = {2}});

  ASSERT_TRUE(outcome);
  EXPECT_EQ(outcome->summary, "std::runtime_error: water in the hold");
  EXPECT_THAT(outcome->exc_info, StartsWith("Traceback (most recent call last):\n"));
  EXPECT_THAT(outcome->exc_info, HasSubstr("in meadow::throw_deep"));
  EXPECT_THAT(outcome->exc_info, HasSubstr("in meadow::sink_the_boat"));
  EXPECT_THAT(outcome->exc_info, Not(HasSubstr("rqpp::")));
}

TEST_F(StableTest, SurvivesAThrowThatIsNoException) {
  Herder herder;
  const int horse = herder.fork_horse();

  EXPECT_EQ(herder.run(horse, {.function = "horses.throw_int"})->summary, "int: 42");
  EXPECT_EQ(herder.result_of(horse, {.function = "horses.add", .args = {1, 1}}), Value(2));
}

TEST_F(StableTest, SaysThatAModuleIsUnknown) {
  Herder herder;

  const auto outcome = herder.run(herder.fork_horse(), {.function = "nowhere.f"});

  ASSERT_TRUE(outcome);
  EXPECT_THAT(outcome->summary, StartsWith("rqpp::TaskError: no module for task 'nowhere.f'"));
}

TEST_F(StableTest, ReportsExitAbortAndCrashOfATask) {
  Herder herder;
  const auto status_after = [&](const Call& call) {
    const int horse = herder.fork_horse();
    EXPECT_FALSE(herder.run(horse, call)) << call.function;
    return herder.wait_for_exit(horse).wait_status;
  };

  EXPECT_EQ(status_after({.function = "horses.exit_with", .args = {3}}), 3 << 8);
  EXPECT_EQ(status_after({.function = "horses.exit_with", .args = {0}}), 0);
  EXPECT_EQ(status_after({.function = "horses.abort"}) & 0x7f, SIGABRT);
  EXPECT_EQ(status_after({.function = "horses.crash"}) & 0x7f, SIGSEGV);
}

TEST_F(StableTest, FailsAJobThatEndsItsThread) {
  Herder herder;
  const int horse = herder.fork_horse();

  const auto outcome = herder.run(horse, {.function = "horses.end_thread"});

  ASSERT_TRUE(outcome);
  EXPECT_THAT(outcome->exc_info, HasSubstr("pthread_exit"));
  EXPECT_EQ(herder.wait_for_exit(horse).wait_status, 1 << 8);
}

TEST_F(StableTest, ReportsAHorseThatIsKilled) {
  Herder herder;
  const int horse = herder.fork_horse();

  ::kill(herder.pid_of(horse), SIGKILL);
  const HorseExited exited = herder.wait_for_exit(horse);

  EXPECT_EQ(exited.wait_status, SIGKILL);
  EXPECT_THAT(describe_exit(exited), HasSubstr("(signal 9); \n"));
}

TEST_F(StableTest, SignalsTheWholeFamilyOfAHorse) {
  Herder herder;
  const int horse = herder.fork_horse();
  herder.assign(horse, {.function = "horses.sleep_as_family", .args = {path("family")}});
  const auto [child, grandchild] = family_in(path("family"));

  herder.signal(horse, SIGKILL);
  herder.wait_for_exit(horse);

  EXPECT_TRUE(becomes_true([c = child, g = grandchild] { return is_over(c) && is_over(g); }));
}

TEST_F(StableTest, EndsWhatAHorseLeavesBehind) {
  Herder herder;
  const int horse = herder.fork_horse();
  herder.run(horse, {.function = "horses.leave_child_behind", .args = {path("child")}});
  const pid_t child = family_in(path("child")).first;

  herder.channels.at(horse).close();
  ::kill(herder.pid_of(horse), SIGKILL);  // the child holds a copy of the channel
  herder.wait_for_exit(horse);

  EXPECT_TRUE(becomes_true([&] { return is_over(child); }));
}

TEST_F(StableTest, AsksAJobToStop) {
  Herder herder;
  const int horse = herder.fork_horse();
  herder.assign(horse, {.function = "horses.wait_for_stop"});
  while (!std::holds_alternative<MetaSaved>(*herder.next_frame(horse))) {
  }

  herder.signal(horse, SIGTERM);
  const auto outcome = herder.next_outcome(horse);

  ASSERT_TRUE(outcome);
  EXPECT_EQ(codec::deserialize(outcome->return_value), Value("stopped"));
}

TEST_F(StableTest, ForgetsNoStopThatComesBeforeTheJob) {
  Herder herder;
  const int horse = herder.fork_horse();

  herder.signal(horse, SIGTERM);
  herder.assign(horse, {.function = "horses.wait_for_stop"});

  EXPECT_TRUE(herder.next_outcome(horse));
}

TEST_F(StableTest, PassesOnWhatATaskAsksFor) {
  Herder herder;
  const int horse = herder.fork_horse();
  herder.assign(horse, {.function = "horses.enqueue_add", .args = {2, 3}});

  EXPECT_EQ(*herder.next_frame(horse), FromHorse(ModuleLoaded{"horses"}));
  const auto request = std::get<EnqueueRequest>(*herder.next_frame(horse));
  const auto outcome = std::get<Outcome>(*herder.next_frame(horse));

  EXPECT_TRUE(request.at_front);
  EXPECT_EQ(request.job.origin, "later");
  EXPECT_EQ(request.job.description, "horses.add(2, 3)");
  EXPECT_EQ(codec::deserialize(outcome.return_value), Value(request.job.id));
}

TEST_F(StableTest, BearsHorsesThatKnowAPreloadedModule) {
  Herder herder;
  herder.stable().preload("horses");
  herder.stable().preload("nowhere");
  const int horse = herder.fork_horse();
  herder.assign(horse, {.function = "horses.add", .args = {2, 3}});

  EXPECT_TRUE(std::holds_alternative<Outcome>(*herder.next_frame(horse)));
}

TEST_F(StableTest, LeavesAModuleThatStartsThreadsToEachHorse) {
  Herder herder;
  for (int i = 0; i < 2; ++i) {
    const int horse = herder.fork_horse();
    EXPECT_EQ(herder.result_of(horse, {.function = "threads_early.ask_thread"}), Value(true));
    EXPECT_EQ(herder.result_of(horse, {.function = "threads_early.ask_thread"}), Value(true));
    herder.stable().preload("threads_early");
  }

  herder.fork_horse();  // the stable has done all that it was told before
  EXPECT_FALSE(has_mapped(herder.stable().pid(), "threads_early.so"));
}

TEST_F(StableTest, LeavesAModuleThatAsksForItToEachHorse) {
  Herder herder;
  for (int i = 0; i < 2; ++i) {
    const int horse = herder.fork_horse();
    EXPECT_EQ(herder.result_of(horse, {.function = "loads_alone.is_loaded_here"}), Value(true));
    herder.stable().preload("loads_alone");
  }

  herder.fork_horse();
  EXPECT_FALSE(has_mapped(herder.stable().pid(), "loads_alone.so"));
}

TEST_F(StableTest, LoadsOtherModulesForAllHorses) {
  Herder herder;
  herder.stable().preload("horses");

  herder.fork_horse();

  EXPECT_TRUE(has_mapped(herder.stable().pid(), "horses.so"));
}

TEST_F(StableTest, TellsOfAHorseThatDiesWhileAModuleIsLoaded) {
  Herder herder;
  const int horse = herder.fork_horse();
  herder.stable().preload("waits_early");
  herder.stable().flush();
  ASSERT_TRUE(becomes_true([&] { return has_mapped(herder.stable().pid(), "waits_early.so"); }));

  ::kill(herder.pid_of(horse), SIGKILL);

  EXPECT_EQ(herder.wait_for_exit(horse).wait_status, SIGKILL);
}

TEST_F(StableTest, SurvivesAModuleThatCannotBeLoaded) {
  Herder herder;
  herder.stable().preload("throws_early");
  herder.stable().preload("unresolved");

  EXPECT_EQ(herder.result_of(herder.fork_horse(), {.function = "horses.add", .args = {2, 3}}),
            Value(5));
}

TEST_F(StableTest, CarriesLargeResults) {
  Herder herder;

  const Value result =
      herder.result_of(herder.fork_horse(), {.function = "horses.big", .args = {50'000'000}});

  EXPECT_EQ(result.as_bytes().size(), 50'000'000U);
}

TEST_F(StableTest, NoticesAHorseThatSpeaksNonsense) {
  Herder herder;
  const int horse = herder.fork_horse();

  EXPECT_FALSE(herder.run(horse, {.function = "horses.speak_nonsense"}));

  EXPECT_THAT(herder.troubles, Contains(HasSubstr("announces 4294967295 bytes")));
  herder.signal(horse, SIGKILL);
  EXPECT_EQ(herder.wait_for_exit(horse).wait_status, SIGKILL);
}

TEST_F(StableTest, LosesNoDescriptorOverManyHorses) {
  Herder herder;
  const int first = herder.fork_horse();
  herder.channels.at(first).close();
  herder.wait_for_exit(first);
  const std::size_t ours = open_descriptors_of(::getpid());
  const std::size_t theirs = open_descriptors_of(herder.stable().pid());

  for (int i = 0; i < 1'000; ++i) {
    const int horse = herder.fork_horse();
    herder.channels.at(horse).close();
    herder.wait_for_exit(horse);
  }

  EXPECT_EQ(open_descriptors_of(::getpid()), ours);
  EXPECT_EQ(open_descriptors_of(herder.stable().pid()), theirs);
}

TEST_F(StableTest, IgnoresTheSignalsOfTheTerminal) {
  Herder herder;
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1}) {
    ::kill(herder.stable().pid(), signal);
  }

  EXPECT_EQ(herder.result_of(herder.fork_horse(), {.function = "horses.add", .args = {2, 3}}),
            Value(5));
  EXPECT_NE(::getsid(herder.stable().pid()), ::getsid(0));
}

TEST_F(StableTest, TakesAllHorsesWithItWhenItsHandleGoes) {
  pid_t stable = 0;
  pid_t horse = 0;
  std::pair<pid_t, pid_t> family;
  {
    Herder herder;
    const int id = herder.fork_horse();
    herder.assign(id, {.function = "horses.sleep_as_family", .args = {path("family")}});
    stable = herder.stable().pid();
    horse = herder.pid_of(id);
    family = family_in(path("family"));
  }

  EXPECT_EQ(::waitpid(stable, nullptr, WNOHANG), -1) << "it was not reaped";
  EXPECT_TRUE(is_over(horse));
  EXPECT_TRUE(becomes_true([&] { return is_over(family.first) && is_over(family.second); }));
}

TEST_F(StableTest, ReportsItsOwnDeathAndTakesAllHorsesAlong) {
  Herder herder;
  const int idle = herder.fork_horse();
  const int busy = herder.fork_horse();
  herder.assign(busy, {.function = "horses.sleep_as_family", .args = {path("family")}});
  const auto family = family_in(path("family"));

  ::kill(herder.stable().pid(), SIGKILL);

  ASSERT_TRUE(herder.wait([&] { return herder.gone.has_value(); }));
  EXPECT_EQ(*herder.gone, "it was killed by signal 9");
  EXPECT_EQ(herder.stable().fd(), -1);
  EXPECT_TRUE(becomes_true([&] {
    return is_over(herder.pid_of(idle)) && is_over(herder.pid_of(busy)) && is_over(family.first) &&
           is_over(family.second);
  }));
}

TEST_F(StableTest, EndsWithAllHorsesWhenTheParentIsKilled) {
  const std::string pids = path("pids");
  const pid_t parent = ::fork();
  if (parent == 0) {
    Herder herder;
    const int horse = herder.fork_horse();
    herder.assign(horse, {.function = "horses.sleep_as_family", .args = {path("family")}});
    std::ofstream(pids + ".unfinished") << herder.stable().pid() << ' ' << herder.pid_of(horse);
    fs::rename(pids + ".unfinished", pids);
    for (;;) ::pause();
  }
  const auto [stable, horse] = family_in(pids);
  const auto [child, grandchild] = family_in(path("family"));

  ::kill(parent, SIGKILL);
  ::waitpid(parent, nullptr, 0);

  EXPECT_TRUE(becomes_true([s = stable, h = horse, c = child, g = grandchild] {
    return is_over(s) && is_over(h) && is_over(c) && is_over(g);
  }));
}

TEST_F(StableTest, WritesOutWhatATaskPrints) {
  testing::internal::CaptureStdout();
  Herder herder;
  const int horse = herder.fork_horse();

  herder.result_of(horse, {.function = "horses.print", .args = {"hello"}});

  EXPECT_EQ(testing::internal::GetCapturedStdout(), "hello");
}

}  // namespace
}  // namespace rqpp::worker
