#include "base/notify.h"

#include <array>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace rqpp::base {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ServiceNewsTest : public testing::Test {
 protected:
  ServiceNews::Steady now{1000s};
};

TEST_F(ServiceNewsTest, TellsOnceThatTheServiceIsReady) {
  ServiceNews news;

  EXPECT_THAT(news.on({}, now), IsEmpty());
  EXPECT_THAT(news.on({.ready = true}, now), ElementsAre("READY=1"));
  EXPECT_THAT(news.on({.ready = true}, now), IsEmpty());
  EXPECT_THAT(news.on({.ready = false}, now), IsEmpty());
  EXPECT_THAT(news.on({.ready = true}, now), IsEmpty());
  EXPECT_EQ(news.next(), ServiceNews::Steady::max());
}

TEST_F(ServiceNewsTest, TellsAStatusAtOnceButNewOnesOnlyEachSecond) {
  ServiceNews news;

  EXPECT_THAT(news.on({.status = "idle"}, now), ElementsAre("STATUS=idle"));
  EXPECT_THAT(news.on({.status = "1 job runs"}, now + 10ms), IsEmpty());
  EXPECT_EQ(news.next(), now + 1s);
  EXPECT_THAT(news.on({.status = "2 jobs run"}, now + 1s), ElementsAre("STATUS=2 jobs run"));
}

TEST_F(ServiceNewsTest, ForgetsAStatusThatPassedWithinTheSecond) {
  ServiceNews news;
  news.on({.status = "idle"}, now);
  news.on({.status = "1 job runs"}, now + 10ms);

  EXPECT_THAT(news.on({.status = "idle"}, now + 20ms), IsEmpty());

  EXPECT_EQ(news.next(), ServiceNews::Steady::max());
}

TEST_F(ServiceNewsTest, GivesASignOfLifeAtHalfTheWatchdogsTime) {
  ServiceNews news(10s);

  EXPECT_THAT(news.on({.ready = false}, now), IsEmpty());
  EXPECT_THAT(news.on({.ready = true}, now), ElementsAre("READY=1", "WATCHDOG=1"));
  EXPECT_EQ(news.next(), now + 5s);
  EXPECT_THAT(news.on({.ready = true}, now + 4'999ms), IsEmpty());
  EXPECT_THAT(news.on({.ready = true}, now + 5s), ElementsAre("WATCHDOG=1"));
}

TEST_F(ServiceNewsTest, TellsOfAReloadWithItsMomentAndThenThatItIsReadyAgain) {
  ServiceNews news;
  news.on({.ready = true}, now);

  EXPECT_THAT(news.on_reload(now), ElementsAre("RELOADING=1\nMONOTONIC_USEC=1000000000"));

  // Also while Redis is away: the modules are loaded all the same.
  EXPECT_THAT(news.on({.ready = false}, now), ElementsAre("READY=1"));
}

TEST_F(ServiceNewsTest, TellsOnceOfAStopAndOfNoReloadAfterIt) {
  ServiceNews news(10s);
  news.on({.ready = true}, now);

  EXPECT_THAT(news.on({.ready = true, .stopping = true}, now), ElementsAre("STOPPING=1"));
  EXPECT_THAT(news.on_reload(now), IsEmpty());
  // Its last jobs may take a while.
  EXPECT_THAT(news.on({.ready = true, .stopping = true}, now + 5s), ElementsAre("WATCHDOG=1"));
}

/// With variables that are gone after the test.
class NotifyTest : public testing::Test {
 protected:
  ~NotifyTest() override {
    for (const char* name : kNames) ::unsetenv(name);
  }
  static void set(const std::string& socket, const std::string& usec, const std::string& pid) {
    ::setenv("NOTIFY_SOCKET", socket.c_str(), 1);
    ::setenv("WATCHDOG_USEC", usec.c_str(), 1);
    ::setenv("WATCHDOG_PID", pid.c_str(), 1);
  }
  Log log() {
    return Log::to([this](LogLevel, std::string_view message) { said_ += message; });
  }

  static constexpr std::array kNames{"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"};
  std::string said_;
};

TEST_F(NotifyTest, IsHeardByNobodyWithoutASocket) {
  Notify notify = Notify::take_from_environment(log());

  EXPECT_FALSE(notify.heard());
  notify.tell({.ready = true}, {});
  EXPECT_EQ(notify.next(), ServiceNews::Steady::max());
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(NotifyTest, LeavesNothingInTheEnvironment) {
  set("/nowhere/notify", "1000000", std::to_string(::getpid()));

  EXPECT_TRUE(Notify::take_from_environment(log()).heard());

  for (const char* name : kNames) EXPECT_EQ(::getenv(name), nullptr) << name;
}

TEST_F(NotifyTest, IsWatchedOnlyWhenTheWatchdogMeansThisProcess) {
  const ServiceNews::Steady now{1000s};

  set("/nowhere/notify", "1000000", std::to_string(::getpid()));
  Notify watched = Notify::take_from_environment(log());
  watched.tell({.ready = true}, now);
  EXPECT_EQ(watched.next(), now + 500ms);

  set("/nowhere/notify", "1000000", std::to_string(::getppid()));
  Notify other = Notify::take_from_environment(log());
  other.tell({.ready = true}, now);
  EXPECT_EQ(other.next(), ServiceNews::Steady::max());
}

TEST_F(NotifyTest, SaysWhatMakesNoSense) {
  set("vsock:2:1234", "", "");
  EXPECT_FALSE(Notify::take_from_environment(log()).heard());
  EXPECT_THAT(said_, HasSubstr("NOTIFY_SOCKET is 'vsock:2:1234': it is no path and no @name"));

  set("/nowhere/notify", "soon", "");
  EXPECT_TRUE(Notify::take_from_environment(log()).heard());
  EXPECT_THAT(said_, HasSubstr("WATCHDOG_USEC is 'soon', which is no number of microseconds"));
}

TEST_F(NotifyTest, SaysOnceThatTheManagerIsNotThere) {
  set("/nowhere/notify", "", "");
  Notify notify = Notify::take_from_environment(log());

  notify.tell({.ready = true, .status = "idle"}, ServiceNews::Steady{1000s});

  EXPECT_EQ(said_,
            "cannot tell the service manager at '/nowhere/notify' how this worker is: no such file "
            "or directory. It may take it for dead.");
}

}  // namespace
}  // namespace rqpp::base
