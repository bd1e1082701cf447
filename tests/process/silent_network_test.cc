// A network that loses every packet and tells nobody: a cable that was pulled, a firewall or a
// proxy that has forgotten a connection. A connection that waits sends nothing, so only TCP's own
// probes find out.

#include <chrono>
#include <future>
#include <optional>
#include <string>

#include <gtest/gtest.h>

#include "redis/connection.h"
#include "support/cable.h"
#include "support/fleet_test.h"

#include <rqpp/error.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;

/// Redis at one end of a cable, and the test at the other.
class DistantServer {
 protected:
  DistantServer() {
    try {
      cable_.emplace();
    } catch (const Error& error) {
      why_no_cable_ = error.what();
      server_.emplace();
      return;
    }
    {
      const Cable::Visit there(cable_->namespace_at(Cable::End::server));
      server_.emplace(sandbox::EphemeralServer::Options{
          .tcp = true, .arguments = {"--bind", "0.0.0.0", "--protected-mode", "no"}});
    }
    here_.emplace(cable_->namespace_at(Cable::End::client));
  }
  redis::Settings settings() const {
    if (!cable_) return server_->settings();
    redis::Settings settings = server_->tcp_settings();
    settings.host = Cable::kServerAddress;
    return settings;
  }

  std::string why_no_cable_{};
  std::optional<Cable> cable_{};
  std::optional<sandbox::EphemeralServer> server_{};
  std::optional<Cable::Visit> here_{};
};

class SilentNetwork : private DistantServer, public FleetTest {
 protected:
  SilentNetwork() : FleetTest(redis::to_url(DistantServer::settings())) {}
  void SetUp() override {
    if (!cable_) GTEST_SKIP() << why_no_cable_;
    FleetTest::SetUp();
  }
  /// What becomes of a connection that waits for a reply without limit.
  std::future<std::string> wait_aside() const {
    return std::async(std::launch::async, [settings = DistantServer::settings()] {
      redis::Settings patient = settings;
      patient.io_timeout = 0s;
      try {
        redis::Connection(patient).run(redis::Batch{}.add("BLPOP", "nothing", 0));
      } catch (const Error& error) {
        return std::string(error.what());
      }
      return std::string("it returned");
    });
  }
  std::string url() const { return redis::to_url(DistantServer::settings()); }
  void pull_cable() { cable_->pull(); }
  void plug_cable() { cable_->plug(); }
};

TEST_F(SilentNetwork, IsNoticedByWhoeverWaits) {
  start("w", {"default", "later"});
  Program scheduler({"scheduler", "default", "--url", url()});
  scheduler.await_error("Scheduler");
  auto waiting = wait_aside();

  pull_cable();
  // Without TCP's probes it takes a quarter of an hour. await_error() waits for a minute.
  worker("w").await_error("Trying again until it is back");
  scheduler.await_error("Trying again until it is back");
  ASSERT_EQ(waiting.wait_for(60s), std::future_status::ready);
  EXPECT_NE(waiting.get(), "it returned");

  plug_cable();
  worker("w").await_error("Redis is back after");
  scheduler.await_error("is back");
  // Redis still knows the old waits, and serves first who has waited longest.
  EXPECT_EQ(enqueue("default", "horses.add", {1, 2}).wait(30s), Value(3));
  EXPECT_EQ(enqueue("later", "horses.add", {1, 2}).wait(30s), Value(3));
}

}  // namespace
}  // namespace rqpp::test
