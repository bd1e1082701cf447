#include "worker/allowed_hosts.h"

#include <gtest/gtest.h>

namespace rqpp::worker {
namespace {

TEST(AllowedHosts, AreAllUnlessSomeAreNamed) {
  EXPECT_TRUE(AllowedHosts().contains("evil.example"));
  EXPECT_FALSE(AllowedHosts(std::vector<std::string>{}).contains("evil.example"));
}

TEST(AllowedHosts, AreComparedAsNamesOfHosts) {
  const AllowedHosts hosts = AllowedHosts::of_text("Hooks.Example.org,127.0.0.1,::1");

  EXPECT_TRUE(hosts.contains("hooks.example.ORG."));
  EXPECT_TRUE(hosts.contains("127.0.0.1"));
  EXPECT_TRUE(hosts.contains("[::1]"));
  EXPECT_FALSE(hosts.contains("hooks.example.org.evil.example"));
  EXPECT_FALSE(hosts.contains("evilhooks.example.org"));
  EXPECT_FALSE(hosts.contains(""));
}

TEST(AllowedHosts, OfADomainAreThoseBelowIt) {
  const AllowedHosts hosts({"*.example.org"});

  EXPECT_TRUE(hosts.contains("a.b.example.org"));
  EXPECT_FALSE(hosts.contains("example.org"));
  EXPECT_FALSE(hosts.contains(".example.org"));
  EXPECT_FALSE(hosts.contains("badexample.org"));
}

}  // namespace
}  // namespace rqpp::worker
