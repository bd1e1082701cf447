#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/redis_state.h"
#include "support/test_server.h"

#include <rqpp/error.h>
#include <rqpp/id_cache.h>

namespace rqpp {
namespace {

using namespace std::chrono_literals;
using testing::ContainsRegex;
using testing::HasSubstr;

void await(const std::function<bool()>& condition) {
  const auto until = std::chrono::steady_clock::now() + 20s;
  while (!condition()) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << "it does not become true";
    std::this_thread::sleep_for(1ms);
  }
}

class IdCacheTest : public test::RedisTest {
 protected:
  ~IdCacheTest() override {
    redis::Batch batch;
    batch.add("ACL", "DELUSER", "plain").add("CONFIG", "SET", "notify-keyspace-events", "");
    connection.run(batch);
  }

  /// Changes are read at once, and the line for pushes is asked often.
  static IdCacheOptions quick() {
    return {.url = test::server().url(), .min_resync_interval = 5ms, .stale_after = 500ms};
  }
  /// The same without client tracking.
  IdCacheOptions plain(const std::string& more = "+@all") {
    ask("ACL", "SETUSER", "plain", "on", ">secret", "~*", "&*", more, "-client|tracking");
    IdCacheOptions options = quick();
    options.url = "unix://plain:secret@" + test::server().settings().unix_path + "?db=0";
    return options;
  }
  static void catch_up(const IdCache& cache) { cache.catch_up(20s); }

  void fill(const std::string& key, int members) {
    redis::Batch batch;
    batch.add("SADD", key);
    for (int i = 0; i < members; ++i) batch.more("member-" + std::to_string(i));
    connection.run(batch);
  }
};

/// A Redis that finds no expired key by itself: it tells of one when it comes by, which may be
/// late.
class ExpiringIds : public IdCacheTest {
 protected:
  ExpiringIds() { ask("DEBUG", "SET-ACTIVE-EXPIRE", "0"); }
  ~ExpiringIds() override { ask("DEBUG", "SET-ACTIVE-EXPIRE", "1"); }
};

TEST_F(ExpiringIds, OfAPrefixGoInTime) {
  ask("SET", "id:before", "1", "PX", "500");
  ask("SET", "id:stays", "1");
  const IdCache cache = IdCache::of_prefix("id:", quick());
  cache.wait_until_ready(20s);
  EXPECT_TRUE(cache.contains("id:before"));

  ask("SET", "id:after", "1", "PX", "500");
  ask("SET", "id:later", "1");
  catch_up(cache);
  EXPECT_TRUE(cache.contains("id:after"));
  ask("PEXPIRE", "id:later", "500");

  await([&] { return cache.size() == 1; });
  EXPECT_TRUE(cache.contains("id:stays"));
}

TEST_F(ExpiringIds, AreGoneForWhoCatchesUp) {
  ask("SET", "id:brief", "1", "PX", "300");
  const IdCache cache = IdCache::of_prefix("id:", quick());
  cache.wait_until_ready(20s);
  await([&] { return ask("PTTL", "id:brief").number == -2; });

  catch_up(cache);

  EXPECT_FALSE(cache.contains("id:brief"));
}

TEST_F(ExpiringIds, StayAsLongAsTheirTimeIsLengthened) {
  ask("SET", "id:a", "1", "PX", "300");
  ask("SET", "id:b", "1", "PX", "300");
  const IdCache cache = IdCache::of_prefix("id:", quick());
  cache.wait_until_ready(20s);
  ask("PERSIST", "id:a");
  ask("PEXPIRE", "id:b", "60000");
  ask("SET", "id:c", "1", "PX", "600");
  catch_up(cache);

  await([&] { return !cache.contains("id:c"); });

  EXPECT_TRUE(cache.contains("id:a"));
  EXPECT_TRUE(cache.contains("id:b"));
}

TEST_F(ExpiringIds, OfASetThatExpiresGoInTime) {
  fill("s", 3);
  ask("PEXPIRE", "s", "500");
  const IdCache cache = IdCache::of_set("s", quick());
  cache.wait_until_ready(20s);

  await([&] { return cache.size() == 0; });
}

TEST_F(ExpiringIds, AreAskedForOnlyWhereKeysExpire) {
  for (int i = 0; i < 100; ++i) ask("SET", "id:" + std::to_string(i), "1");
  ask("PTTL", "id:0");
  test::reset_counts(connection);
  const IdCache cache = IdCache::of_prefix("id:", quick());
  cache.wait_until_ready(20s);

  EXPECT_EQ(test::command_counts(connection).count("pttl"), 0U);
}

TEST_F(IdCacheTest, HoldsTheMembersOfASet) {
  ask("SADD", "s", "a", "b");
  const IdCache cache = IdCache::of_set("s", quick());
  cache.wait_until_ready(20s);

  EXPECT_TRUE(cache.contains("a"));
  EXPECT_FALSE(cache.contains("c"));
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_EQ(cache.pushes(), IdCache::Pushes::tracking);
  EXPECT_EQ(cache.last_error(), "");
}

TEST_F(IdCacheTest, HoldsTheMembersOfASortedSetButNotTheirScores) {
  ask("ZADD", "z", 17, "a", 18, "b");
  const IdCache cache = IdCache::of_sorted_set("z", quick());
  cache.wait_until_ready(20s);

  EXPECT_TRUE(cache.contains("b"));
  EXPECT_FALSE(cache.contains("17"));
  EXPECT_EQ(cache.size(), 2U);
}

TEST_F(IdCacheTest, HoldsTheFieldsOfAHashButNotTheirValues) {
  ask("HSET", "h", "f", "v", "g", "w");
  const IdCache cache = IdCache::of_hash("h", quick());
  cache.wait_until_ready(20s);

  EXPECT_TRUE(cache.contains("f"));
  EXPECT_FALSE(cache.contains("v"));
  EXPECT_EQ(cache.size(), 2U);
}

TEST_F(IdCacheTest, HoldsTheKeysOfAPrefix) {
  ask("SET", "user:1", "x");
  ask("SET", "us?r:2", "x");
  const IdCache cache = IdCache::of_prefix("us?r:", quick());
  cache.wait_until_ready(20s);

  EXPECT_TRUE(cache.contains("us?r:2"));
  EXPECT_FALSE(cache.contains("user:1"));
  EXPECT_EQ(cache.size(), 1U);
}

TEST_F(IdCacheTest, FollowsASet) {
  fill("s", 1'000);
  const IdCache cache = IdCache::of_set("s", quick());
  cache.wait_until_ready(20s);

  ask("SADD", "s", "new");
  ask("SREM", "s", "member-7");
  catch_up(cache);
  EXPECT_TRUE(cache.contains("new"));
  EXPECT_FALSE(cache.contains("member-7"));

  ask("DEL", "s");
  catch_up(cache);
  EXPECT_EQ(cache.size(), 0U);
}

TEST_F(IdCacheTest, FollowsTheKeysOfAPrefix) {
  const IdCache cache = IdCache::of_prefix("user:", quick());
  cache.wait_until_ready(20s);
  test::reset_counts(connection);

  ask("SET", "user:1", "x");
  ask("HSET", "user:2", "f", "v");
  ask("SET", "user:3", "x", "PX", 30);
  ask("SET", "other", "x");
  ask("RENAME", "user:2", "user:4");
  await([&] { return cache.contains("user:1") && cache.contains("user:4"); });
  await([&] { return !cache.contains("user:3") && !cache.contains("user:2"); });
  EXPECT_EQ(cache.size(), 2U);

  ask("FLUSHALL");
  await([&] { return cache.size() == 0; });

  auto counts = test::command_counts(connection);
  EXPECT_EQ(counts["keys"], 0);
  EXPECT_LE(counts["exists"], 12) << "only of what changed";
}

TEST_F(IdCacheTest, ReadsABusySetOnceInAWhileOnly) {
  fill("s", 100);
  IdCacheOptions options = quick();
  options.min_resync_interval = 300ms;
  const IdCache cache = IdCache::of_set("s", options);
  cache.wait_until_ready(20s);
  test::reset_counts(connection);

  for (int i = 0; i < 2'000; ++i) ask("SADD", "s", "new-" + std::to_string(i));
  catch_up(cache);
  EXPECT_TRUE(cache.contains("new-1999"));

  // A reading is a page per hundred members; without a rest there would be one for each member.
  EXPECT_LE(test::command_counts(connection)["sscan"], 400);
}

TEST_F(IdCacheTest, AsksForNothingWhileNothingChanges) {
  fill("s", 100);
  const IdCache cache = IdCache::of_set("s", quick());
  cache.wait_until_ready(20s);
  test::reset_counts(connection);

  // Five answers on the line for pushes.
  for (int i = 0; i < 5; ++i) cache.catch_up(20s);
  EXPECT_LT(cache.age(), 20s);

  auto counts = test::command_counts(connection);
  EXPECT_GE(counts["ping"], 5);
  counts.erase("ping");
  counts.erase("config|resetstat");
  counts.erase("info");
  EXPECT_EQ(test::total(counts), 0) << testing::PrintToString(counts);
}

TEST_F(IdCacheTest, IsToldByKeyspaceNotificationsWithoutClientTracking) {
  ask("CONFIG", "SET", "notify-keyspace-events", "KA");
  ask("SADD", "s", "a");
  const IdCache set = IdCache::of_set("s", plain());
  const IdCache keys = IdCache::of_prefix("us[er:", plain());
  set.wait_until_ready(20s);
  keys.wait_until_ready(20s);
  EXPECT_EQ(set.pushes(), IdCache::Pushes::notifications);
  EXPECT_EQ(keys.pushes(), IdCache::Pushes::notifications);
  EXPECT_EQ(set.last_error(), "");

  ask("SREM", "s", "a");
  ask("SET", "us[er:1", "x");

  await([&] { return !set.contains("a") && keys.contains("us[er:1"); });
}

TEST_F(IdCacheTest, ReadsAnewNowAndThenWhereNobodyTells) {
  ask("SADD", "s", "a");
  IdCacheOptions options = plain();
  options.resync_interval = 100ms;
  const IdCache cache = IdCache::of_set("s", options);
  cache.wait_until_ready(20s);
  EXPECT_EQ(cache.pushes(), IdCache::Pushes::none);
  EXPECT_THAT(cache.last_error(),
              ContainsRegex("does not tell of changes .notify-keyspace-events is "
                            "''.*each 100 ms only.*CLIENT TRACKING"));

  ask("SADD", "s", "b");

  await([&] { return cache.contains("b"); });
}

TEST_F(IdCacheTest, GoesOnWhereItMayNotEvenListen) {
  ask("SADD", "s", "a");
  ask("ACL", "SETUSER", "plain", "resetchannels");
  IdCacheOptions options = plain();
  ask("ACL", "SETUSER", "plain", "resetchannels");
  const IdCache cache = IdCache::of_set("s", options);
  cache.wait_until_ready(20s);

  EXPECT_TRUE(cache.contains("a"));
  EXPECT_EQ(cache.pushes(), IdCache::Pushes::none);
  EXPECT_THAT(cache.last_error(), HasSubstr("refused a subscription"));
}

TEST_F(IdCacheTest, KnowsAtOnceWhatItsProgramWrites) {
  IdCache cache = IdCache::of_set("s", quick());
  cache.wait_until_ready(20s);

  ask("SADD", "s", "a");
  cache.add("a");
  EXPECT_TRUE(cache.contains("a"));
  catch_up(cache);
  EXPECT_TRUE(cache.contains("a"));

  ask("SREM", "s", "a");
  cache.remove("a");
  EXPECT_FALSE(cache.contains("a"));
  catch_up(cache);
  EXPECT_FALSE(cache.contains("a"));
}

TEST_F(IdCacheTest, HearsWhatWritersTellOnItsChannel) {
  IdCacheOptions options = quick();
  options.channel = "ids of s";
  options.min_resync_interval = 60s;  // it is not by reading that it knows
  const IdCache cache = IdCache::of_set("s", options);
  cache.wait_until_ready(20s);

  ask("SADD", "s", "a");
  ask("PUBLISH", "ids of s", "+a");
  await([&] { return cache.contains("a"); });
  ask("SREM", "s", "a");
  ask("PUBLISH", "ids of s", "-a");
  await([&] { return !cache.contains("a"); });
  ask("PUBLISH", "ids of s", "a");
  ask("PUBLISH", "ids of s", "");
  ask("PUBLISH", "ids of s", "+b");
  await([&] { return cache.contains("b"); });
  EXPECT_EQ(cache.size(), 1U);
}

TEST_F(IdCacheTest, SaysWhyItCannotRead) {
  ask("SET", "text", "x");
  const IdCache cache = IdCache::of_set("text", quick());

  await([&] { return !cache.last_error().empty(); });

  EXPECT_THAT(cache.last_error(), HasSubstr("refuses to read the set 'text': WRONGTYPE"));
  EXPECT_EQ(cache.age(), std::chrono::milliseconds::max());
  try {
    cache.wait_until_ready(1ms);
    FAIL() << "it is ready";
  } catch (const TimeoutError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("the ids of the set 'text' were not read within 1 ms: Redis "
                          "refuses"));
  }
}

TEST_F(IdCacheTest, SurvivesARestartOfRedisAndSaysThatItIsStaleMeanwhile) {
  sandbox::EphemeralServer own;
  redis::Connection direct(own.settings());
  direct.run(redis::Batch{}.add("SADD", "s", "before"));
  std::atomic<int> stale{0};
  IdCacheOptions options = quick();
  options.url = own.url();
  options.stale_after = 100ms;
  options.on_stale = [&stale] { ++stale; };
  const IdCache cache = IdCache::of_set("s", options);
  cache.wait_until_ready(20s);

  own.stop();
  await([&] { return stale == 1; });
  EXPECT_GT(cache.age(), 100ms);
  EXPECT_TRUE(cache.contains("before")) << "it goes on to answer";
  await([&] { return !cache.last_error().empty(); });
  own.start();
  direct.run(redis::Batch{}.add("SADD", "s", "after"));

  cache.catch_up(20s);
  EXPECT_FALSE(cache.contains("before"));
  EXPECT_TRUE(cache.contains("after"));
  EXPECT_EQ(cache.last_error(), "");
  own.stop();
  await([&] { return stale >= 2; });
}

TEST_F(IdCacheTest, WaitsForARedisThatIsNotThereYet) {
  sandbox::EphemeralServer own;
  own.stop();
  IdCacheOptions options = quick();
  options.url = own.url();
  const IdCache cache = IdCache::of_set("s", options);
  await([&] { return !cache.last_error().empty(); });
  EXPECT_THAT(cache.last_error(), HasSubstr("cannot reach"));

  own.start();

  cache.wait_until_ready(20s);
}

TEST_F(IdCacheTest, MayBeMovedAndEndsAtOnce) {
  IdCache cache = IdCache::of_set("s", quick());
  IdCache other = std::move(cache);
  other.wait_until_ready(20s);
  cache = std::move(other);

  EXPECT_EQ(cache.size(), 0U);
  EXPECT_GT(cache.bytes(), 0U);
}

TEST_F(IdCacheTest, RefusesWhatMakesNoSense) {
  EXPECT_THROW(IdCache::of_set("s", {.url = "http://x"}), InvalidArgument);
  EXPECT_THROW(IdCache::of_set("s", {.resync_interval = 99ms}), InvalidArgument);
  EXPECT_THROW(IdCache::of_set("s", {.min_resync_interval = -1ms}), InvalidArgument);
  EXPECT_THROW(IdCache::of_set("s", {.per_second = 999}), InvalidArgument);
  EXPECT_THROW(IdCache::of_set("s", {.stale_after = 0ms}), InvalidArgument);
}

}  // namespace
}  // namespace rqpp
