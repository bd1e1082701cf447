#include "sandbox/private_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "redis/connection.h"
#include "rqpp/error.h"
#include "sandbox/ephemeral_server.h"
#include "sandbox/server_process.h"

namespace rqpp::sandbox {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

/// A process that nobody has reaped yet is dead all the same.
bool lives(pid_t pid) {
  std::ifstream in("/proc/" + std::to_string(pid) + "/stat");
  std::string number;
  std::string name;
  char state = 'Z';
  in >> number >> name >> state;
  return state != 'Z' && state != 'X';
}

template <class Condition>
void wait_until(const Condition& condition) {
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "the condition did not come true";
    std::this_thread::yield();
  }
}

std::string answer(const redis::Settings& settings, std::vector<std::string> words) {
  redis::Connection connection(settings);
  redis::Batch batch;
  batch.add_words(words);
  return connection.run(batch).at(0).text;
}

/// A folder that is gone after the test, and the server that used it with it.
class PrivateServerTest : public testing::Test {
 protected:
  PrivateServerTest() {
    std::string name = "/tmp/rqpp-private-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw Error("cannot make a folder");
    folder = name;
    places = {folder / "run", folder / "data", std::getenv("PATH")};
  }
  ~PrivateServerTest() override {
    try {
      PrivateServer(places).stop();
    } catch (const Error& error) {
      ADD_FAILURE() << error.what();
    }
    std::filesystem::remove_all(folder);
  }

  std::string start_error() {
    try {
      PrivateServer(places).start();
    } catch (const Error& error) {
      return error.what();
    }
    return "started";
  }

  std::filesystem::path folder;
  Places places;
};

TEST_F(PrivateServerTest, StartsServesAndStops) {
  PrivateServer server(places);
  EXPECT_FALSE(server.status().running);

  const auto started = server.start();

  EXPECT_TRUE(started.running);
  EXPECT_TRUE(lives(started.pid));
  EXPECT_EQ(started.socket, places.runtime / "redis.sock");
  EXPECT_EQ(answer(server.settings(), {"PING"}), "PONG");
  EXPECT_EQ(server.status().pid, started.pid);

  EXPECT_FALSE(server.stop().running);
  EXPECT_FALSE(server.status().running);
  wait_until([&] { return !lives(started.pid); });
}

TEST_F(PrivateServerTest, MakesNothingWhenItIsOnlyAsked) {
  PrivateServer server(places);

  EXPECT_FALSE(server.status().running);
  EXPECT_FALSE(server.stop().running);

  EXPECT_TRUE(std::filesystem::is_empty(folder));
}

TEST_F(PrivateServerTest, EvictsNothingAndListensToNoPort) {
  PrivateServer server(places);
  server.start();
  redis::Connection connection(server.settings());

  const auto policy = connection.run(redis::Batch().add("CONFIG", "GET", "maxmemory-policy"));
  const auto port = connection.run(redis::Batch().add("CONFIG", "GET", "port"));

  EXPECT_EQ(policy.at(0).elements.at(1).text, "noeviction");
  EXPECT_EQ(port.at(0).elements.at(1).text, "0");
}

TEST_F(PrivateServerTest, KeepsAResultOfPythonInAQuarterOfTheMemory) {
  PrivateServer server(places);
  server.start();
  redis::Connection connection(server.settings());

  redis::Batch batch;
  batch.add("XADD", "rq:results:j1", "*", "type", "1", "created_at", "2026-01-01T00:00:00.000000Z",
            "return_value", "gASVAgAAAAAAAABLAS4=");
  batch.add("MEMORY", "USAGE", "rq:results:j1");

  EXPECT_LT(connection.run(batch).at(1).number, 1'200);
}

TEST_F(PrivateServerTest, LetsNobodyElseIn) {
  PrivateServer(places).start();

  struct stat found {};
  ASSERT_EQ(::stat(places.runtime.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700U);
  ASSERT_EQ(::stat((places.runtime / "redis.sock").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 077, 0U);
}

TEST_F(PrivateServerTest, IsOneForAllWhoStartIt) {
  constexpr int kStarters = 5;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  std::vector<pid_t> starters;
  for (int i = 0; i < kStarters; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      pid_t pid = 0;
      try {
        pid = PrivateServer(places).start().pid;
      } catch (const Error&) {
      }
      const bool told = ::write(ends[1], &pid, sizeof pid) == sizeof pid;
      ::_exit(told ? 0 : 1);
    }
    starters.push_back(child);
  }
  for (const pid_t starter : starters) ::waitpid(starter, nullptr, 0);

  std::set<pid_t> servers;
  for (int i = 0; i < kStarters; ++i) {
    pid_t pid = 0;
    ASSERT_EQ(::read(ends[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
    servers.insert(pid);
  }
  ::close(ends[0]);
  ::close(ends[1]);

  ASSERT_EQ(servers.size(), 1U);
  EXPECT_EQ(PrivateServer(places).status().pid, *servers.begin());
}

TEST_F(PrivateServerTest, OutlivesTheProcessThatStartedIt) {
  const pid_t starter = ::fork();
  if (starter == 0) {
    PrivateServer(places).start();
    ::_exit(0);
  }
  ::waitpid(starter, nullptr, 0);
  PrivateServer server(places);

  const auto status = server.status();

  ASSERT_TRUE(status.running);
  EXPECT_EQ(answer(server.settings(), {"PING"}), "PONG");
  EXPECT_EQ(::getsid(status.pid) == ::getsid(0), false) << "a hang-up would reach it";
}

TEST_F(PrivateServerTest, KeepsItsDataWhenItIsKilled) {
  PrivateServer server(places);
  const pid_t first = server.start().pid;
  redis::Connection connection(server.settings());
  connection.run(redis::Batch().add("SET", "k", "v"));
  // What everysec has not synced yet is in the kernel's hands: it outlives the process.
  ASSERT_EQ(::kill(first, SIGKILL), 0);
  wait_until([&] { return !server.status().running; });

  const pid_t second = server.start().pid;

  EXPECT_NE(second, first);
  EXPECT_EQ(answer(server.settings(), {"GET", "k"}), "v");
}

TEST_F(PrivateServerTest, KeepsItsDataWhenItIsStopped) {
  PrivateServer server(places);
  server.start();
  answer(server.settings(), {"SET", "k", "v"});

  server.stop();
  server.start();

  EXPECT_EQ(answer(server.settings(), {"GET", "k"}), "v");
}

TEST_F(PrivateServerTest, TakesNoNoticeOfWhatADeadOneLeft) {
  std::filesystem::create_directories(places.runtime);
  std::filesystem::permissions(places.runtime, std::filesystem::perms::owner_all);
  std::filesystem::create_directories(places.data);
  std::filesystem::permissions(places.data, std::filesystem::perms::owner_all);
  {
    const base::Fd socket(::socket(AF_UNIX, SOCK_STREAM, 0));
    sockaddr_un name{};
    name.sun_family = AF_UNIX;
    const std::string path = (places.runtime / "redis.sock").string();
    std::memcpy(name.sun_path, path.data(), path.size());
    ASSERT_EQ(::bind(socket.get(), reinterpret_cast<sockaddr*>(&name), sizeof name), 0);
  }
  // This process is alive, but no server: it must not be ended.
  std::ofstream(places.data / "server.address") << ::getpid() << ' ' << "/gone/redis.sock\n";
  PrivateServer server(places);

  EXPECT_FALSE(server.status().running);
  EXPECT_TRUE(server.start().running);
}

TEST_F(PrivateServerTest, IsFoundFromAnotherRuntimeFolder) {
  PrivateServer first(places);
  const pid_t pid = first.start().pid;
  Places moved = places;
  moved.runtime = folder / "other";
  PrivateServer second(moved);

  EXPECT_EQ(second.start().pid, pid);
  EXPECT_EQ(answer(second.settings(), {"PING"}), "PONG");
}

TEST_F(PrivateServerTest, IsReplacedWhenItsSocketIsGone) {
  PrivateServer server(places);
  const pid_t first = server.start().pid;
  answer(server.settings(), {"SET", "k", "v"});
  std::filesystem::remove_all(places.runtime);

  const pid_t second = server.start().pid;

  EXPECT_NE(second, first);
  EXPECT_EQ(answer(server.settings(), {"GET", "k"}), "v");
}

TEST_F(PrivateServerTest, LeavesAStrangerAloneThatHoldsItsData) {
  std::filesystem::create_directories(places.data);
  std::filesystem::permissions(places.data, std::filesystem::perms::owner_all);
  const base::Fd held = try_lock(places.data / "server.lock");
  std::ofstream(places.data / "server.address") << ::getpid() << ' ' << "/gone/redis.sock\n";

  EXPECT_THAT(start_error(), StartsWith("another server uses the data in '"));
}

TEST_F(PrivateServerTest, StopsAServerWhoseSocketIsGone) {
  PrivateServer server(places);
  const pid_t pid = server.start().pid;
  std::filesystem::remove_all(places.runtime);

  server.stop();

  wait_until([&] { return !lives(pid); });
}

TEST_F(PrivateServerTest, RefusesAFolderThatOthersMayEnter) {
  std::filesystem::create_directories(places.runtime);
  std::filesystem::permissions(places.runtime, std::filesystem::perms::all);

  EXPECT_EQ(start_error(),
            "'" + places.runtime.string() +
                "' is not a folder that only you may enter. Remove it, or make it so "
                "with chmod 700.");
}

TEST_F(PrivateServerTest, RefusesALinkInPlaceOfItsFolder) {
  std::filesystem::create_directories(folder / "elsewhere");
  std::filesystem::permissions(folder / "elsewhere", std::filesystem::perms::owner_all);
  std::filesystem::create_symlink(folder / "elsewhere", places.runtime);

  EXPECT_THAT(start_error(), HasSubstr("is not a folder that only you may enter"));
}

TEST_F(PrivateServerTest, SaysWhatToInstall) {
  places.search_path = "/nowhere:" + folder.string();

  EXPECT_THAT(start_error(), StartsWith("no redis-server or valkey-server is installed."));
}

TEST_F(PrivateServerTest, TakesAValkeyServer) {
  std::filesystem::create_symlink(find_server_program(places.search_path),
                                  folder / "valkey-server");
  places.search_path = folder.string();

  EXPECT_EQ(start_error(), "started");
}

TEST_F(PrivateServerTest, ShowsTheLogOfAServerThatDoesNotComeUp) {
  std::ofstream(folder / "redis-server") << "#!/bin/sh\n"
                                            "while [ \"$1\" != --logfile ]; do shift; done\n"
                                            "echo 'Fatal: no luck today' > \"$2\"\n"
                                            "exit 1\n";
  std::filesystem::permissions(folder / "redis-server", std::filesystem::perms::owner_all);
  places.search_path = folder.string();

  EXPECT_EQ(start_error(),
            "the private Redis server did not come up. Its log ends with:\n  Fatal: no luck today");
}

TEST_F(PrivateServerTest, SaysThatAProgramCannotRun) {
  std::ofstream(folder / "redis-server") << "#!/nowhere/sh\n";
  std::filesystem::permissions(folder / "redis-server", std::filesystem::perms::owner_all);
  places.search_path = folder.string();

  EXPECT_EQ(start_error(), "cannot start '" + (folder / "redis-server").string() +
                               "': no such file or directory.");
}

TEST(DefaultPlaces, FollowTheXdgFolders) {
  std::string folder = "/tmp/rqpp-xdg-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const auto environment = [&](const std::string& name) -> std::optional<std::string> {
    if (name == "XDG_RUNTIME_DIR") return folder;
    if (name == "XDG_DATA_HOME") return "/data";
    if (name == "HOME") return "/home/me";
    return std::nullopt;
  };

  const Places places = default_places(environment);

  EXPECT_EQ(places.runtime, folder + "/rqpp");
  EXPECT_EQ(places.data, "/data/rqpp/redis");
  EXPECT_EQ(places.search_path, "/usr/local/bin:/usr/bin:/bin");
  std::filesystem::remove_all(folder);
}

TEST(DefaultPlaces, FallBackWhenTheyAreMissingUnusableOrTooLong) {
  const std::string own = "/tmp/rqpp-" + std::to_string(::geteuid());
  const auto runtime_for = [&](const char* value) {
    return default_places([&](const std::string& name) -> std::optional<std::string> {
             if (name == "XDG_RUNTIME_DIR") return value;
             if (name == "HOME") return "/home/me";
             return std::nullopt;
           })
        .runtime;
  };
  const std::string too_long = "/tmp/" + std::string(100, 'x');

  EXPECT_EQ(runtime_for(""), own);
  EXPECT_EQ(runtime_for("relative"), own);
  EXPECT_EQ(runtime_for("/nowhere/at/all"), own);
  EXPECT_EQ(runtime_for(too_long.c_str()), own);
  EXPECT_EQ(default_places([](const char*) { return std::nullopt; }).data, own + "/data");
  EXPECT_EQ(default_places([](const std::string& name) -> std::optional<std::string> {
              if (name == "HOME") return "/home/me";
              return std::nullopt;
            }).data,
            "/home/me/.local/share/rqpp/redis");
}

// --- the short-lived server ---

TEST(EphemeralServer, GoesWithItsOwnerObject) {
  std::filesystem::path folder;
  pid_t pid = 0;
  {
    const EphemeralServer server;
    folder = server.folder();
    pid = server.pid();
    EXPECT_EQ(answer(redis::parse_url(server.url()), {"PING"}), "PONG");
  }

  EXPECT_FALSE(lives(pid));
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(EphemeralServer, DiesWithAKilledOwnerAndItsFolderIsSweptByTheNext) {
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe(ends.data()), 0);
  const pid_t owner = ::fork();
  if (owner == 0) {
    const EphemeralServer server;
    const std::string line = std::to_string(server.pid()) + ' ' + server.folder().string() + '\n';
    [[maybe_unused]] const ssize_t ignored = ::write(ends[1], line.data(), line.size());
    ::raise(SIGKILL);
  }
  ::close(ends[1]);
  std::string line(200, '\0');
  line.resize(static_cast<std::size_t>(std::max<ssize_t>(::read(ends[0], line.data(), 200), 0)));
  ::close(ends[0]);
  ::waitpid(owner, nullptr, 0);
  const pid_t pid = std::stoi(line);
  const std::filesystem::path folder =
      line.substr(line.find('/'), line.find('\n') - line.find('/'));

  wait_until([&] { return !lives(pid); });
  ASSERT_TRUE(std::filesystem::exists(folder));
  const EphemeralServer next;

  EXPECT_FALSE(std::filesystem::exists(folder));
  EXPECT_TRUE(std::filesystem::exists(next.folder()));
}

TEST(EphemeralServer, LivesOnWhenAForkOfItsOwnerEnds) {
  const EphemeralServer server;
  const pid_t child = ::fork();
  if (child == 0) std::exit(0);  // runs destructors, unlike a horse's end
  ::waitpid(child, nullptr, 0);
  const pid_t other = ::fork();
  if (other == 0) {
    // As if the object itself went out of scope in the child.
    server.~EphemeralServer();
    ::_exit(0);
  }
  ::waitpid(other, nullptr, 0);

  EXPECT_EQ(answer(server.settings(), {"PING"}), "PONG");
}

TEST(EphemeralServer, ListensToTcpOnlyWhenAsked) {
  const EphemeralServer silent;
  const EphemeralServer loud({.tcp = true});

  EXPECT_THROW(silent.tcp_settings(), InvalidArgument);
  EXPECT_THROW(silent.tls_settings(), InvalidArgument);
  EXPECT_EQ(answer(loud.tcp_settings(), {"PING"}), "PONG");
}

TEST(EphemeralServer, ComesBackAtTheSamePlace) {
  EphemeralServer server({.tcp = true});
  const auto before = server.tcp_settings();

  server.stop();
  EXPECT_EQ(server.pid(), 0);
  EXPECT_THROW(answer(before, {"PING"}), ConnectionError);
  server.start();

  EXPECT_EQ(server.tcp_settings(), before);
  EXPECT_EQ(answer(before, {"PING"}), "PONG");
}

TEST(EphemeralServer, ShowsTheLogWhenItsArgumentsAreWrong) {
  try {
    const EphemeralServer server({.arguments = {"--maxmemory", "lots"}});
    FAIL() << "it started";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), StartsWith("the private Redis server did not come up."));
  }
}

}  // namespace
}  // namespace rqpp::sandbox
