#include <cmath>
#include <ranges>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/cutting_proxy.h"
#include "support/redis_state.h"
#include "support/test_server.h"

#include <rqpp/error.h>
#include <rqpp/scan.h>

namespace rqpp {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsSupersetOf;
using testing::UnorderedElementsAre;

static_assert(std::ranges::input_range<Scan<std::string>>);
static_assert(std::ranges::input_range<Scan<HashField>>);

class ScannerTest : public test::RedisTest {
 protected:
  /// A set of this many members, too many for a compact encoding.
  std::set<std::string> fill(const std::string& key, int members) {
    std::set<std::string> all;
    for (int i = 0; i < members; ++i) all.insert("member-" + std::to_string(i));
    redis::Batch batch;
    batch.add("SADD", key).more_of(all);
    connection.run(batch);
    return all;
  }

  template <class Element>
  static std::set<Element> all_of(Scan<Element> scan) {
    std::set<Element> all;
    for (const Element& each : scan) all.insert(each);
    return all;
  }

  std::size_t fields_of(const std::string& key, std::int64_t count) {
    std::size_t fields = 0;
    for ([[maybe_unused]] const HashField& each : redis.hscan(key, {.count = count})) ++fields;
    return fields;
  }

  Scanner redis{{.url = test::server().url()}};
};

TEST_F(ScannerTest, GivesTheMembersOfASetByPages) {
  const auto members = fill("s", 2'000);
  test::reset_counts(connection);

  EXPECT_EQ(all_of(redis.sscan("s")), members);

  auto counts = test::command_counts(connection);
  EXPECT_GE(counts["sscan"], 10);
  EXPECT_EQ(counts["smembers"], 0);
}

TEST_F(ScannerTest, GivesKeysThatFitAPatternAndAType) {
  ask("SET", "a:1", "x");
  ask("SET", "a:2", "x");
  ask("SET", "b:1", "x");
  ask("HSET", "a:h", "f", "v");

  EXPECT_THAT(all_of(redis.scan({.match = "a:*"})), UnorderedElementsAre("a:1", "a:2", "a:h"));
  EXPECT_THAT(all_of(redis.scan({.match = "a:*", .type = "hash"})), ElementsAre("a:h"));
}

TEST_F(ScannerTest, GivesScores) {
  ask("ZADD", "z", "1.5", "a", "-inf", "b", "1e300", "c");

  std::vector<ScoredMember> all;
  for (const ScoredMember& each : redis.zscan("z")) all.push_back(each);

  EXPECT_THAT(all, UnorderedElementsAre(ScoredMember{"a", 1.5}, ScoredMember{"b", -INFINITY},
                                        ScoredMember{"c", 1e300}));
}

TEST_F(ScannerTest, GivesFieldsWithTheirValues) {
  ask("HSET", "h", "f", "v", "", std::string("\0", 1));

  std::vector<HashField> all;
  for (const auto& [field, value] : redis.hscan("h")) all.push_back({field, value});

  EXPECT_THAT(all, UnorderedElementsAre(HashField{"f", "v"}, HashField{"", std::string("\0", 1)}));
}

TEST_F(ScannerTest, GivesNothingOfAKeyThatIsNotThere) {
  Scan<std::string> scan = redis.sscan("nobody");

  EXPECT_TRUE(scan.begin() == scan.end());
  EXPECT_TRUE(scan.done());
  EXPECT_EQ(scan.cursor(), "");
}

TEST_F(ScannerTest, GivesASmallCollectionInOnePage) {
  for (int i = 0; i < 100; ++i) ask("HSET", "small", std::to_string(i), "v");
  test::reset_counts(connection);

  EXPECT_EQ(fields_of("small", 1), 100U);

  EXPECT_EQ(test::command_counts(connection)["hscan"], 1);
}

TEST_F(ScannerTest, GivesAllThatIsThereAllTheTime) {
  const auto members = fill("s", 1'000);
  int others = 0;
  std::set<std::string> seen;

  for (const std::string& each : redis.sscan("s", {.count = 10, .per_second = 0})) {
    seen.insert(each);
    if (seen.size() % 10 != 0) continue;
    // The set grows and shrinks: Redis moves its members to other tables meanwhile.
    redis::Batch batch;
    batch.add(others < 60 ? "SADD" : "SREM", "s");
    for (int i = 0; i < 500; ++i) batch.more("other-" + std::to_string(others % 60 * 500 + i));
    ++others;
    connection.run(batch);
  }

  EXPECT_THAT(seen, IsSupersetOf(members));
}

TEST_F(ScannerTest, GoesOnFromACursorInAnotherProcess) {
  const auto members = fill("s", 2'000);
  std::set<std::string> seen;
  Scan<std::string> first = redis.sscan("s");
  for (const std::string& each : first) {
    seen.insert(each);
    if (seen.size() == 1'000) break;
  }
  const std::string cursor = first.cursor();

  const Scanner other{{.url = test::server().url()}};
  int more = 0;
  for (const std::string& each : other.sscan("s", {.from = cursor})) {
    seen.insert(each);
    ++more;
  }

  EXPECT_EQ(seen, members);
  EXPECT_LT(more, 1'500);
}

TEST_F(ScannerTest, GoesOnInTheSameRangeAfterABreak) {
  const auto members = fill("s", 1'000);
  std::set<std::string> seen;
  Scan<std::string> scan = redis.sscan("s");
  for (const std::string& each : scan) {
    if (seen.size() == 500) break;
    seen.insert(each);
  }
  EXPECT_FALSE(scan.done());

  for (const std::string& each : scan) seen.insert(each);

  EXPECT_EQ(seen, members);
  EXPECT_TRUE(scan.done());
}

TEST_F(ScannerTest, GoesOnAfterTheConnectionBroke) {
  const auto members = fill("s", 1'000);
  test::CuttingProxy proxy(test::server().settings().unix_path);
  const Scanner fragile{{.url = "unix://" + proxy.settings().unix_path}};
  Scan<std::string> scan = fragile.sscan("s");
  std::set<std::string> seen;
  const auto read_on = [&] {
    for (const std::string& each : scan) {
      seen.insert(each);
      if (seen.size() == 300) proxy.cut_after_received(1);
    }
  };

  EXPECT_THROW(read_on(), ConnectionError);
  EXPECT_LT(seen.size(), members.size());
  proxy.heal();
  read_on();

  EXPECT_EQ(seen, members);
}

// A cursor is a place in a table whose order is by chance in each process.
TEST_F(ScannerTest, BeginsAnewAfterARestartOfRedis) {
  sandbox::EphemeralServer own({.arguments = {"--appendonly", "yes"}});
  redis::Connection direct(own.settings());
  const std::vector<std::string> members = [] {
    std::vector<std::string> all;
    for (int i = 0; i < 1'000; ++i) all.push_back("member-" + std::to_string(i));
    return all;
  }();
  redis::Batch batch;
  batch.add("SADD", "s").more_of(members);
  direct.run(batch);
  const Scanner scanner{{.url = own.url()}};
  Scan<std::string> scan = scanner.sscan("s");
  std::set<std::string> before;
  for (const std::string& each : scan) {
    before.insert(each);
    if (before.size() == 500) break;
  }
  const std::string cursor = scan.cursor();

  own.stop();
  own.start();

  std::set<std::string> after;
  for (const std::string& each : scan) after.insert(each);
  EXPECT_THAT(after, IsSupersetOf(members));
  std::set<std::string> from_cursor;
  for (const std::string& each : scanner.sscan("s", {.from = cursor})) from_cursor.insert(each);
  EXPECT_THAT(from_cursor, IsSupersetOf(members));
}

TEST_F(ScannerTest, KeepsToItsBudget) {
  fill("s", 2'000);
  const auto begin = std::chrono::steady_clock::now();

  all_of(redis.sscan("s", {.per_second = 20'000}));

  EXPECT_GE(std::chrono::steady_clock::now() - begin, 60ms);
}

TEST_F(ScannerTest, SaysThatAKeyIsOfAnotherType) {
  ask("SET", "text", "x");

  try {
    all_of(redis.sscan("text"));
    FAIL() << "it is read";
  } catch (const CommandError& error) {
    EXPECT_THAT(error.what(), HasSubstr("Redis refused SSCAN text: WRONGTYPE"));
  }
}

TEST_F(ScannerTest, RefusesAPageOfAHostileSize) {
  const std::string text(1 << 20, 'x');
  for (int i = 0; i < 70; ++i) ask("HSET", "h", std::to_string(i), text);

  try {
    fields_of("h", 100);
    FAIL() << "it is read";
  } catch (const ConnectionError& error) {
    EXPECT_THAT(error.what(), HasSubstr("Redis sent a reply above 67108864 bytes"));
  }
  EXPECT_EQ(fields_of("h", 1), 70U);
}

TEST_F(ScannerTest, RefusesWhatMakesNoSense) {
  EXPECT_THROW(Scanner({.url = "http://x"}), InvalidArgument);
  EXPECT_THROW((void)redis.scan({.count = 0}), InvalidArgument);
  EXPECT_THROW((void)redis.scan({.count = 10'001}), InvalidArgument);
  EXPECT_THROW((void)redis.scan({.per_second = -1}), InvalidArgument);
  EXPECT_THROW((void)redis.scan({.from = "17"}), InvalidArgument);
  EXPECT_THROW((void)redis.sscan("s", {.type = "set"}), InvalidArgument);
}

}  // namespace
}  // namespace rqpp
