// The worker as a service: what it tells systemd, and the unit that starts it.

#include <algorithm>
#include <array>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "support/paths.h"
#include "support/program.h"
#include "support/temporary_folder.h"
#include "support/worker_test.h"

namespace rqpp::test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::StartsWith;
namespace fs = std::filesystem;

/// Takes messages in place of systemd.
class Manager {
 public:
  explicit Manager(std::string address) : address_(std::move(address)) {
    sockaddr_un own{};
    own.sun_family = AF_UNIX;
    address_.copy(static_cast<char*>(own.sun_path), sizeof own.sun_path - 1);
    if (address_.front() == '@') own.sun_path[0] = '\0';
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    EXPECT_EQ(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&own), size), 0);
  }

  const std::string& address() const { return address_; }

  /// The next message; a test that waits 60 s for one has failed.
  std::string next() {
    pollfd entry{.fd = socket_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&entry, 1, 60'000) <= 0) {
      ADD_FAILURE() << "no message came";
      return {};
    }
    std::array<char, 4096> bytes{};
    const ssize_t size = ::recv(socket_.get(), bytes.data(), bytes.size(), 0);
    return {bytes.data(), static_cast<std::size_t>(size)};
  }
  /// The next message that is none of these.
  std::string next_but(const std::set<std::string>& known) {
    for (;;) {
      std::string message = next();
      if (!known.contains(message)) return message;
    }
  }
  void await(const std::string& message) {
    std::string last;
    while ((last = next()) != message) {
      if (last.empty()) return;
    }
  }

 private:
  std::string address_;
  base::Fd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

class Service : public WorkerTest {
 protected:
  std::string socket_path() const { return (folder_ / "notify").string(); }
  /// As systemd starts a service with WatchdogSec=.
  static ProgramOptions under(const Manager& manager, const std::string& watchdog_usec) {
    return {
        .environment = {{"NOTIFY_SOCKET", manager.address()}, {"WATCHDOG_USEC", watchdog_usec}}};
  }
  static constexpr const char* kNever = "3600000000";
  static constexpr const char* kSoon = "400000";  // a sign of life each 0.2 s

  TemporaryFolder folder_{};
};

TEST_F(Service, TellsInOrderWhatBecomesOfIt) {
  Manager manager(socket_path());
  Program worker(words({}), under(manager, kSoon));
  const std::set<std::string> beside{"STATUS=idle", "STATUS=stopping"};

  EXPECT_EQ(manager.next_but(beside), "READY=1");
  EXPECT_EQ(ask("SCARD", "rq:workers").number, 1);
  EXPECT_EQ(manager.next_but(beside), "WATCHDOG=1");
  EXPECT_EQ(manager.next_but(beside), "WATCHDOG=1");
  std::set<std::string> more = beside;
  more.insert("WATCHDOG=1");
  worker.signal(SIGHUP);
  EXPECT_THAT(manager.next_but(more), MatchesRegex("RELOADING=1\nMONOTONIC_USEC=[0-9]+"));
  EXPECT_EQ(manager.next_but(more), "READY=1");
  worker.signal(SIGTERM);
  EXPECT_EQ(manager.next_but(more), "STOPPING=1");
  EXPECT_EQ(worker.wait().exit_code, 0);
}

TEST_F(Service, IsReadyOnlyWhenItHearsCommands) {
  Manager manager(socket_path());
  Program worker(words({"--name", "dobbin"}), under(manager, kNever));

  manager.await("READY=1");

  EXPECT_EQ(ask("PUBLISH", "rq:pubsub:dobbin", "{\"command\": \"shutdown\"}").number, 1);
  manager.await("STOPPING=1");
  EXPECT_EQ(worker.wait().exit_code, 0);
}

TEST_F(Service, SaysWhatItDoes) {
  Manager manager("@rqpp-service-" + std::to_string(::getpid()));
  Program worker(words({}), under(manager, kNever));
  manager.await("STATUS=idle");

  const std::string gate = (folder_ / "gate").string();
  const AnyJob job = enqueue("gates.pass", {gate});
  manager.await("STATUS=1 job runs");
  ask("SET", "rq:suspended", 1);
  manager.await("STATUS=suspended; 1 job runs");
  std::ofstream(gate) << "open";
  manager.await("STATUS=suspended");
  ask("DEL", "rq:suspended");
  manager.await("STATUS=idle");
}

TEST_F(Service, LetsNothingThatItStartsSpeakForIt) {
  Manager manager(socket_path());
  std::vector<AnyJob> jobs;
  const std::vector<std::string> names{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};
  for (const auto& name : names) jobs.push_back(enqueue("horses.variable", {name}));

  ASSERT_EQ(burst({}, under(manager, kNever)).exit_code, 0);

  for (const AnyJob& job : jobs) EXPECT_EQ(job.wait(std::chrono::seconds(1)), Value("(unset)"));
}

TEST_F(Service, APoolSpeaksForItsWorkers) {
  Manager manager(socket_path());
  std::vector<std::string> pool_words = words({"-n", "2"});
  pool_words.front() = "worker-pool";
  Program pool(pool_words, under(manager, kSoon));

  EXPECT_EQ(manager.next(), "READY=1");
  EXPECT_EQ(manager.next(), "STATUS=2 of 2 workers");
  EXPECT_EQ(manager.next(), "WATCHDOG=1");
  EXPECT_EQ(manager.next(), "WATCHDOG=1");
  while (ask("SCARD", "rq:workers").number < 2) ::usleep(1'000);
  pool.signal(SIGHUP);
  EXPECT_THAT(manager.next_but({"WATCHDOG=1"}), StartsWith("RELOADING=1\n"));
  EXPECT_EQ(manager.next_but({"WATCHDOG=1"}), "READY=1");
  for (int i = 0; i < 2; ++i) pool.await_error("modules are loaded anew");
  pool.signal(SIGTERM);
  EXPECT_EQ(manager.next_but({"WATCHDOG=1"}), "STOPPING=1");
  EXPECT_EQ(pool.wait().exit_code, 0);
}

// ---- the unit

/// The values of a setting in the unit, in their order.
std::vector<std::string> unit_lines(const std::string& name) {
  std::ifstream file(fs::path(source_dir()) / "packaging/rqpp-worker@.service");
  std::vector<std::string> values;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(name + "=")) values.push_back(line.substr(name.size() + 1));
  }
  return values;
}

/// What systemd would start for the queue `default`.
std::vector<std::string> start_command() {
  std::istringstream line(unit_lines("ExecStart").at(0));
  std::vector<std::string> command;
  for (std::string word; line >> word;) {
    if (word == "$RQPP_OPTIONS") continue;  // empty
    command.push_back(word == "$QUEUES" ? "default" : word);
  }
  return command;
}

TEST_F(Service, TheUnitStartsAWorker) {
  Manager manager(socket_path());
  std::vector<std::string> command = start_command();
  ASSERT_EQ(command.front(), "rqpp");
  command.erase(command.begin());
  command.insert(command.end(), {"--url", server().url()});
  Program worker(command, under(manager, kNever));

  manager.await("READY=1");

  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait().exit_code, 0);
}

TEST_F(Service, TheUnitWaitsLongerForTheWorkerThanTheWorkerForItsJobs) {
  const std::vector<std::string> command = start_command();
  const auto stop_timeout = std::find(command.begin(), command.end(), "--stop-timeout");
  ASSERT_NE(stop_timeout, command.end());
  constexpr int kGraceAndGoodbye = 5 + 10;

  EXPECT_GE(std::stoi(unit_lines("TimeoutStopSec").at(0)),
            std::stoi(*std::next(stop_timeout)) + kGraceAndGoodbye);
  EXPECT_THAT(unit_lines("KillMode"), ElementsAre("mixed"));
}

TEST_F(Service, SystemdAcceptsTheUnit) {
  if (std::system("command -v systemd-analyze >/dev/null") != 0) {
    GTEST_SKIP() << "SYSTEMD HAS NOT SEEN THE UNIT: there is no systemd-analyze on this machine.";
  }
  std::ifstream source(fs::path(source_dir()) / "packaging/rqpp-worker@.service");
  std::string text{std::istreambuf_iterator<char>(source), {}};
  const std::string start = "ExecStart=";
  text.insert(text.find("\n" + start) + 1 + start.size(), in_build("").string());
  const fs::path unit = folder_ / "rqpp-worker@.service";
  std::ofstream(unit) << text;
  const fs::path said = folder_ / "said";

  const int status = std::system(
      ("systemd-analyze verify --man=no '" + unit.string() + "' >'" + said.string() + "' 2>&1")
          .c_str());

  std::ifstream file(said);
  EXPECT_THAT((std::string{std::istreambuf_iterator<char>(file), {}}), IsEmpty());
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace rqpp::test
