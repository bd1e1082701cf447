#include "doctor/client_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::doctor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::SizeIs;

constexpr const char* kLine =
    "id=7 addr=10.0.0.7:50312 laddr=10.0.0.1:6379 fd=8 name=web-3 age=60 idle=2 flags=N db=0 sub=0 "
    "psub=0 ssub=0 multi=-1 qbuf=26 qbuf-free=20448 argv-mem=10 multi-mem=0 rbs=1024 rbp=0 obl=0 "
    "omem=4096 tot-mem=22298 events=r cmd=client|list user=default redir=-1 resp=2";

TEST(ParseClient, ReadsALine) {
  const auto client = parse_client(kLine);

  EXPECT_EQ(client, (Client{.id = 7,
                            .address = "10.0.0.7:50312",
                            .name = "web-3",
                            .user = "default",
                            .last_command = "CLIENT LIST",
                            .age_seconds = 60,
                            .idle_seconds = 2,
                            .output_bytes = 4096}));
}

TEST(ParseClient, TakesAnyLine) {
  EXPECT_EQ(parse_client(""), std::nullopt);
  EXPECT_EQ(parse_client("garbage = = =id"), std::nullopt);
  EXPECT_EQ(parse_client("id=-5 addr=x"), std::nullopt);
  EXPECT_EQ(parse_client("id=99999999999999999999"), std::nullopt);
  EXPECT_EQ(parse_client("id=1 age=-3 idle=x")->age_seconds, 0);
  EXPECT_EQ(parse_client("id=1 name=" + std::string(10'000, 'x'))->name.size(), kMostNameBytes);
}

TEST(WhoIs, IsTheNameElseTheHost) {
  EXPECT_EQ(who_is({.address = "10.0.0.7:50312", .name = "web-3"}), "web-*");
  EXPECT_EQ(who_is({.address = "10.0.0.7:50312"}), "10.0.0.7");
  EXPECT_EQ(who_is({.address = "[::1]:50312"}), "[::1]");
  EXPECT_EQ(who_is({.address = "/run/redis.sock:0"}), "unix socket");
  EXPECT_EQ(who_is({}), "unix socket");
}

TEST(GroupClients, PutsTheBusiestFirst) {
  ClientsById clients;
  read_clients(
      "id=1 addr=10.0.0.1:1 name=me idle=0\n"
      "id=2 addr=10.0.0.2:1 name=web-1 age=100 idle=0 cmd=get omem=5\n"
      "id=3 addr=10.0.0.2:2 name=web-2 age=3 idle=0 cmd=keys omem=6\n"
      "id=4 addr=10.0.0.3:1 age=100 idle=50 cmd=get\n",
      1, clients);

  const auto groups = group_clients(clients, 10);

  ASSERT_THAT(groups, SizeIs(2));
  EXPECT_EQ(groups[0].who, "web-*");
  EXPECT_EQ(groups[0].clients, 2);
  EXPECT_EQ(groups[0].active, 2);
  EXPECT_EQ(groups[0].young, 1);
  EXPECT_EQ(groups[0].output_bytes, 11);
  EXPECT_THAT(groups[0].last_commands, ElementsAre(Pair("GET", 1), Pair("KEYS", 1)));
  EXPECT_EQ(groups[1].who, "10.0.0.3");
  EXPECT_EQ(groups[1].active, 0);
}

TEST(ReadClients, KeepsABoundedNumber) {
  std::string text;
  for (std::size_t i = 1; i <= kMostClients + 10; ++i) text += "id=" + std::to_string(i) + "\n";
  ClientsById clients;

  read_clients(text, 0, clients);

  EXPECT_EQ(clients.size(), kMostClients);
}

TEST(ReadClients, NeedsNoText) {
  ClientsById clients;

  read_clients("", 0, clients);

  EXPECT_THAT(group_clients(clients, 1), IsEmpty());
}

}  // namespace
}  // namespace rqpp::doctor
