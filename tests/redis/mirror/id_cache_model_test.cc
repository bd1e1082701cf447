// An IdCache against a model that remembers everything: whatever happens to the ids, to the
// connections and to Redis itself, each answer is what Redis would have said within `age()`.

#include <signal.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "redis/connection.h"
#include "sandbox/ephemeral_server.h"

#include <rqpp/error.h>
#include <rqpp/id_cache.h>

namespace rqpp {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using Span = std::pair<Clock::time_point, Clock::time_point>;

/// What was there when.
class History {
 public:
  /// Something happened at some moment of `when`.
  void change(const std::string& id, bool there, Span when) {
    changes_[id].push_back({.there = there, .when = when});
  }
  void lose_all(Span when) {
    for (auto& [id, changes] : changes_) changes.push_back({.there = false, .when = when});
  }

  bool is_there(const std::string& id) const {
    const auto found = changes_.find(id);
    return found != changes_.end() && found->second.back().there;
  }
  /// Whether this was true at some moment of `span`.
  bool may_have_been(const std::string& id, bool there, Span span) const {
    const auto found = changes_.find(id);
    if (found == changes_.end()) return !there;
    const std::vector<Change>& changes = found->second;
    // Each state lasts, at most, from the beginning of the change to it to the end of the next one.
    if (!there && changes.front().when.second >= span.first) return true;
    for (std::size_t i = 0; i < changes.size(); ++i) {
      const bool over = i + 1 < changes.size() && changes[i + 1].when.second < span.first;
      if (changes[i].there == there && changes[i].when.first <= span.second && !over) return true;
    }
    return false;
  }

 private:
  struct Change {
    bool there = false;
    Span when{};
  };
  std::map<std::string, std::vector<Change>> changes_{};
};

enum class Kind { set, sorted_set, hash, prefix };
constexpr int kIds = 250;

/// Redis, the model, and the cache that is tested.
class World {
 public:
  World(sandbox::EphemeralServer& server, Kind kind, const IdCacheOptions& options)
      : server_(server), direct_(server.settings()), kind_(kind) {
    run("FLUSHALL");
    for (int i = 0; i < kIds; i += 2) write(i, true, false);
    cache_ = std::make_unique<IdCache>(make(options));
  }

  void write(int number, bool there, bool tell) {
    const std::string id = id_of(number);
    const auto begin = Clock::now();
    switch (kind_) {
      case Kind::set:
        there ? run("SADD", "ids", id) : run("SREM", "ids", id);
        break;
      case Kind::sorted_set:
        there ? run("ZADD", "ids", "1", id) : run("ZREM", "ids", id);
        break;
      case Kind::hash:
        there ? run("HSET", "ids", id, "v") : run("HDEL", "ids", id);
        break;
      case Kind::prefix:
        there ? run("SET", id, "v") : run("DEL", id);
        break;
    }
    history_.change(id, there, {begin, Clock::now()});
    if (!tell) return;
    there ? cache_->add(id) : cache_->remove(id);
    RC_ASSERT(cache_->contains(id) == there);
  }

  void lose_all() {
    const auto begin = Clock::now();
    run("FLUSHALL");
    history_.lose_all({begin, Clock::now()});
  }
  void restart() {
    const auto begin = Clock::now();
    server_.stop();
    check();
    server_.start();
    history_.lose_all({begin, Clock::now()});
  }
  void break_connections(const char* type) { run("CLIENT", "KILL", "TYPE", type, "SKIPME", "yes"); }
  void freeze() {
    ::kill(server_.pid(), SIGSTOP);
    check();
    ::kill(server_.pid(), SIGCONT);
  }

  void check() {
    for (int i = 0; i < kIds; ++i) {
      const std::string id = id_of(i);
      const auto age = cache_->age();
      const auto now = Clock::now();
      const bool answer = cache_->contains(id);
      const auto since =
          age == std::chrono::milliseconds::max() ? Clock::time_point::min() : now - age;
      RC_ASSERT(history_.may_have_been(id, answer, {since, Clock::now()}));
    }
  }

  void check_that_it_catches_up() {
    cache_->catch_up(10s);
    for (int i = 0; i < kIds; ++i) {
      RC_ASSERT(cache_->contains(id_of(i)) == history_.is_there(id_of(i)));
    }
  }

 private:
  static std::string id_of(int number) { return "id:" + std::to_string(number); }

  IdCache make(const IdCacheOptions& options) const {
    switch (kind_) {
      case Kind::set:
        return IdCache::of_set("ids", options);
      case Kind::sorted_set:
        return IdCache::of_sorted_set("ids", options);
      case Kind::hash:
        return IdCache::of_hash("ids", options);
      case Kind::prefix:
        break;
    }
    return IdCache::of_prefix("id:", options);
  }

  template <class... Words>
  void run(const Words&... words) {
    redis::Batch batch;
    batch.add(words...);
    direct_.run(batch);
  }

  sandbox::EphemeralServer& server_;
  redis::Connection direct_;
  Kind kind_;
  History history_{};
  std::unique_ptr<IdCache> cache_{};
};

/// A Redis that may track keys for the user `ids`, or has notifications, or tells nothing.
sandbox::EphemeralServer::Options server_that_tells(IdCache::Pushes pushes) {
  sandbox::EphemeralServer::Options options;
  options.arguments = {"--user", "ids", "on", ">secret", "~*", "&*", "+@all"};
  if (pushes != IdCache::Pushes::tracking) options.arguments.emplace_back("-client|tracking");
  if (pushes == IdCache::Pushes::notifications) {
    options.arguments.insert(options.arguments.end(), {"--notify-keyspace-events", "KA"});
  }
  return options;
}

void do_something(World& world) {
  switch (*rc::gen::weightedElement<int>(
      {{40, 0}, {20, 1}, {8, 2}, {1, 3}, {1, 4}, {2, 5}, {2, 6}, {1, 7}})) {
    case 0:
      world.write(*rc::gen::inRange(0, kIds), *rc::gen::arbitrary<bool>(),
                  *rc::gen::inRange(0, 3) == 0);
      break;
    case 1:
      world.check();
      break;
    case 2:
      std::this_thread::sleep_for(std::chrono::milliseconds{*rc::gen::inRange(1, 20)});
      break;
    case 3:
      world.lose_all();
      break;
    case 4:
      world.restart();
      break;
    case 5:
      world.break_connections("pubsub");
      break;
    case 6:
      world.break_connections("normal");
      break;
    default:
      world.freeze();
  }
}

class IdCacheModel : public testing::TestWithParam<IdCache::Pushes> {};

INSTANTIATE_TEST_SUITE_P(Pushes, IdCacheModel,
                         testing::Values(IdCache::Pushes::tracking, IdCache::Pushes::notifications,
                                         IdCache::Pushes::none),
                         [](const auto& pushes) {
                           return pushes.param == IdCache::Pushes::none       ? "None"
                                  : pushes.param == IdCache::Pushes::tracking ? "Tracking"
                                                                              : "Notifications";
                         });

TEST_P(IdCacheModel, NeverAnswersWhatRedisWouldNotHaveSaidWithinItsAge) {
  sandbox::EphemeralServer server(server_that_tells(GetParam()));
  const bool sound = rc::check("each answer is young enough", [&] {
    IdCacheOptions options;
    options.url = "unix://ids:secret@" + server.settings().unix_path + "?db=0";
    options.form = *rc::gen::element(IdCacheOptions::Form::exact, IdCacheOptions::Form::compact);
    options.resync_interval = 100ms;
    options.min_resync_interval = std::chrono::milliseconds{*rc::gen::element(0, 5, 20)};
    options.per_second = *rc::gen::element<std::int64_t>(3'000, 20'000, 1'000'000);
    options.stale_after = 500ms;
    World world(server, *rc::gen::element(Kind::set, Kind::sorted_set, Kind::hash, Kind::prefix),
                options);

    const int steps = *rc::gen::inRange(1, 40);
    for (int step = 0; step < steps; ++step) do_something(world);

    world.check();
    world.check_that_it_catches_up();
  });
  EXPECT_TRUE(sound);
}

}  // namespace
}  // namespace rqpp
