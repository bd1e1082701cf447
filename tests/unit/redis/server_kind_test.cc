#include "redis/server_kind.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::redis {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Reply hello(const std::string& version, const std::string& mode, const std::string& role) {
  Reply reply{.type = Reply::Type::array};
  for (const std::string& word :
       {std::string("server"), std::string("redis"), std::string("version"), version,
        std::string("mode"), mode, std::string("role"), role}) {
    reply.elements.push_back({.type = Reply::Type::string, .text = word});
  }
  return reply;
}

auto checking(const std::string& version, const std::string& mode, const std::string& role) {
  return [=] { check_keeps_jobs(read_server_kind(hello(version, mode, role)), Settings{}); };
}

TEST(ServerKind, IsReadFromHello) {
  EXPECT_EQ(read_server_kind(hello("7.0.15", "standalone", "slave")),
            (ServerKind{.version = "7.0.15", .mode = "standalone", .role = "replica"}));
}

TEST(ServerKind, IsUnknownWhereHelloIs) {
  const Reply unknown{.type = Reply::Type::error, .text = "ERR unknown command `HELLO`"};
  EXPECT_EQ(read_server_kind(unknown), ServerKind{});
  EXPECT_NO_THROW(check_keeps_jobs(ServerKind{}, Settings{}));
}

TEST(ServerKind, MayBeAnyMasterSince62) {
  for (const char* version : {"6.2.0", "7.0.15", "8.0.1", "10.1"}) {
    EXPECT_NO_THROW(checking(version, "standalone", "master")()) << version;
  }
}

TEST(ServerKind, IsRefusedInOneSentence) {
  const auto refusal = [](const char* words) {
    return ThrowsMessage<ConnectionError>(
        AllOf(HasSubstr("redis://localhost:6379/0 is "), HasSubstr(words)));
  };
  EXPECT_THAT(checking("6.0.16", "standalone", "master"), refusal("Redis 6.0.16, but 6.2"));
  EXPECT_THAT(checking("5.0.14", "standalone", "master"), refusal("Redis 5.0.14, but 6.2"));
  EXPECT_THAT(checking("7.0.15", "sentinel", "master"), refusal("a Sentinel"));
  EXPECT_THAT(checking("7.0.15", "cluster", "master"), refusal("a node of a Redis Cluster"));
  EXPECT_THAT(checking("7.0.15", "standalone", "slave"), refusal("a replica"));
}

}  // namespace
}  // namespace rqpp::redis
