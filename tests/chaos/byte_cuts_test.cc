// One worker behind a proxy that cuts all of its connections after so many bytes, once for every
// byte that a kind of job sends to Redis and gets back; then the books must balance. In ctest it is
// a sample; RQPP_CHAOS_STRIDE=1 cuts at each byte, RQPP_CHAOS_SEED takes another sample.

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "chaos/arena.h"
#include "chaos/books.h"
#include "chaos/dice.h"
#include "chaos/load.h"
#include "support/processes.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using Cut = CuttingProxy::Cut;
using Way = CuttingProxy::Way;

Post behind_a_proxy(const std::string& name, std::vector<std::string> words) {
  Post post;
  post.name = name;
  post.words = {"a", "b", "c", "--with-scheduler", "--jobs-per-horse", "20"};
  post.words.insert(post.words.end(), words.begin(), words.end());
  post.access = Access::proxy;
  return post;
}

std::vector<Post> several_behind_proxies(int count) {
  std::vector<Post> posts;
  for (int i = 0; i < count; ++i) posts.push_back(behind_a_proxy("w" + std::to_string(i), {}));
  return posts;
}

/// The places at which to cut what has that many bytes.
std::vector<std::size_t> places_in(std::size_t bytes, Dice& dice) {
  std::vector<std::size_t> places;
  const int stride = number_from("RQPP_CHAOS_STRIDE", 0);
  constexpr int kSample = 3;
  if (stride == 0) {
    for (int i = 0; i < kSample; ++i) {
      places.push_back(static_cast<std::size_t>(dice.below(static_cast<int>(bytes) + 1)));
    }
  } else {
    for (auto at = static_cast<std::size_t>(dice.below(stride)); at <= bytes;
         at += static_cast<std::size_t>(stride)) {
      places.push_back(at);
    }
  }
  return places;
}

class ByteCuts : public ::testing::Test {
 protected:
  explicit ByteCuts(int workers = 1) : arena_("everysec", several_behind_proxies(workers)) {}

  Post& post() { return arena_.posts().front(); }
  CuttingProxy& proxy() { return *post().proxy; }
  /// All that was ordered has ended, and the workers are idle; not if one of them has ended.
  bool ends() {
    Books books(arena_, load_.orders());
    bool lives = true;
    const bool closed = becomes_true(
        [&] {
          lives = std::none_of(arena_.posts().begin(), arena_.posts().end(),
                               [](const Post& each) { return is_over(each.worker->pid()); });
          return !lives || books.are_closed();
        },
        20s);
    return closed && lives;
  }
  /// Jobs that are ordered are run, and the books balance.
  void balance(const std::string& where) {
    SCOPED_TRACE(where);
    const bool closed = ends();
    Books books(arena_, load_.orders());
    for (const std::string& violation : books.violations()) ADD_FAILURE() << violation;
    EXPECT_TRUE(closed);
    forget();
  }
  void forget();
  /// Bytes of a way that pass meanwhile.
  template <class Act>
  std::size_t measure(Way way, const Act& act) {
    const std::size_t before = proxy().passed(way);
    act();
    return proxy().passed(way) - before;
  }
  std::string describe(const std::vector<Cut>& cuts) const {
    std::string text = "RQPP_CHAOS_SEED=" + std::to_string(seed_) + ", cut after";
    for (const Cut& cut : cuts) {
      text += " " + std::to_string(cut.after) + (cut.way == Way::sent ? " sent" : " received");
    }
    return text;
  }

  const int seed_ = number_from("RQPP_CHAOS_SEED", 1);
  Dice dice_{seed_};
  Arena arena_;
  Load load_{arena_, dice_};
};

/// What belongs to jobs goes; the worker goes on.
void ByteCuts::forget() {
  load_.clear();
  for (const char* pattern : {"rq:job:*", "rq:results:*", "rq:finished:*", "rq:failed:*",
                              "rq:canceled:*", "rq:deferred:*"}) {
    for (const redis::Reply& key : arena_.ask("KEYS", pattern).elements)
      arena_.ask("DEL", key.text);
  }
  for (const char* file : {"runs", "children", "callbacks"}) {
    std::filesystem::remove(arena_.folder() + "/" + file);
  }
}

class ByteCutsOf : public ByteCuts, public ::testing::WithParamInterface<std::string> {
 protected:
  void cut_everywhere(Way way, const std::vector<Cut>& before) {
    const std::size_t bytes = measure(way, [&] {
      load_.order(GetParam());
      balance("uncut");
    });
    for (const std::size_t place : places_in(bytes, dice_)) {
      std::vector<Cut> cuts = before;
      cuts.push_back({way, place});
      proxy().cut_once(cuts);
      load_.order(GetParam());
      balance(describe(cuts));
      proxy().heal();
      if (HasFailure()) return;
    }
  }
};

TEST_P(ByteCutsOf, LoseNothing) {
  arena_.launch(post());
  load_.order("plain");
  balance("before");

  cut_everywhere(Way::sent, {});
  cut_everywhere(Way::received, {});
}

// The claim's answer is lost, and then what recovers it.
TEST_P(ByteCutsOf, AndOfTheRecoveryLoseNothing) {
  arena_.launch(post());
  load_.order("plain");
  balance("before");

  const std::vector<Cut> first{{Way::received, static_cast<std::size_t>(dice_.below(100))}};
  cut_everywhere(Way::sent, first);
  cut_everywhere(Way::received, first);
}

INSTANTIATE_TEST_SUITE_P(Kinds, ByteCutsOf, ::testing::ValuesIn(Load::kinds()),
                         [](const auto& kind) { return kind.param; });

// A worker that cannot register ends, for its supervisor to start it again.
TEST_F(ByteCuts, OfBirthLoseNothing) {
  for (const Way way : {Way::sent, Way::received}) {
    for (const std::size_t place : places_in(3'000, dice_)) {
      arena_.launch(post());
      proxy().cut_once({{way, place}});
      load_.order("plain");
      const bool ended = !ends();
      proxy().heal();
      if (ended) {
        EXPECT_EQ(post().worker->wait().exit_code, 1);
        arena_.launch(post());
      }
      balance("birth, " + describe({{way, place}}));
      post().worker->signal(SIGTERM);
      EXPECT_EQ(post().worker->wait().exit_code, 0);
      if (HasFailure()) return;
    }
  }
}

class ByteCutsOfMany : public ByteCuts {
 protected:
  ByteCutsOfMany() : ByteCuts(6) {}
};

// Leases are renewed each 4 s; several workers at once save time.
TEST_F(ByteCutsOfMany, OfLeasesLoseNothing) {
  for (Post& post : arena_.posts()) arena_.launch(post);
  ASSERT_TRUE(ends());
  for (const Way way : {Way::sent, Way::received}) {
    const int most = way == Way::sent ? 200 : 8;  // a renewal is answered by a few bytes
    for (const Post& post : arena_.posts()) {
      post.proxy->cut_once({{way, static_cast<std::size_t>(dice_.below(most))}});
    }
    EXPECT_TRUE(becomes_true(
        [&] {
          return std::all_of(arena_.posts().begin(), arena_.posts().end(),
                             [](const Post& post) { return post.proxy->cuts_left() == 0; });
        },
        20s));
    for (int i = 0; i < 20; ++i) load_.order("plain");
    balance("leases");
  }
}

// Its jobs were over; it ends whatever becomes of its last words.
TEST_F(ByteCuts, OfTheEndOfAWorkerDoNotHoldItUp) {
  for (const Way way : {Way::sent, Way::received}) {
    for (const std::size_t place : places_in(600, dice_)) {
      arena_.launch(post());
      load_.order("plain");
      balance("before");
      proxy().cut_once({{way, place}});
      post().worker->signal(SIGTERM);
      EXPECT_EQ(post().worker->wait().exit_code, 0) << describe({{way, place}});
      proxy().heal();
    }
  }
}

}  // namespace
}  // namespace rqpp::test
