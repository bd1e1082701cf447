#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "mirror/changed_keys.h"
#include "mirror/copy.h"
#include "mirror/course.h"
#include "mirror/expiries.h"
#include "mirror/freshness.h"
#include "mirror/pushes.h"
#include "mirror/source.h"
#include "redis/backoff.h"
#include "redis/budget.h"
#include "redis/connection.h"

#include <rqpp/id_cache.h>

namespace rqpp::mirror {

/// Keeps a Copy in step with Redis, in a thread of its own.
///
/// It reads as a program that waits: `ask` sends a batch and returns its answer. While it waits,
/// what Redis pushes is taken. When a connection breaks, both are given up, and everything begins
/// anew: connect, let Redis tell of changes, read everything.
class Follower {
 public:
  using Clock = std::chrono::steady_clock;
  using Find = std::function<redis::Settings()>;

  Follower(Source source, const IdCacheOptions& options, Find find, Copy& copy,
           Freshness& freshness);

  /// Runs until stop().
  void run() noexcept;

  // For any thread.
  void stop();
  /// Somebody waits for news.
  void hurry();

 private:
  using Replies = redis::Connection::Replies;

  void follow();
  void forget_connections();
  std::optional<bool> open_pushes();
  bool open_data();
  IdCache::Pushes choose_pushes(bool listening);
  bool track();
  bool hear_notifications();
  void no_pushes(std::string_view why);

  void go_on();
  Clock::time_point checks_due() const;
  Clock::time_point reading_due() const;
  bool is_demoted();
  void begin_reading();
  void read_page();
  void end_reading();
  void check_keys();
  bool ask_whether_keys_expire();
  static redis::Batch ask_expiries(const std::vector<std::string>& keys);
  void take_expiries(const std::vector<std::string>& keys, std::span<const redis::Reply> replies,
                     Clock::time_point asked);
  void take_expiry(const std::string& key, const redis::Reply& reply, Clock::time_point asked);
  void note_unlearned(const std::vector<std::string>& page);
  void expire_before(Clock::time_point then);

  void key_changed(const std::string& key);
  void told(std::string_view news);
  void heard_all_before(Clock::time_point then);

  std::optional<Replies> ask(redis::Batch batch);
  void turn(Clock::time_point until);
  void take_hurry();
  void tell_if_stale();
  /// Notifications are silent about FLUSHALL and FLUSHDB: that there is none proves nothing.
  bool hears_all() const { return kind_ == IdCache::Pushes::tracking; }
  /// Who hears of no change reads everything anew all the time, and sees there what has expired.
  bool minds_expiries() const { return kind_ != IdCache::Pushes::none; }
  bool stopping() const { return stopping_.load(std::memory_order_relaxed); }
  void wake();

  const Source source_;
  const IdCacheOptions options_;
  const Find find_;
  Copy& copy_;
  Freshness& freshness_;

  std::atomic<bool> stopping_{false};
  std::atomic<bool> hurried_{false};
  base::Fd wake_reading_{};
  base::Fd wake_writing_{};

  redis::Settings settings_{};
  std::optional<redis::Connection> data_{};
  std::optional<Pushes> pushes_{};
  IdCache::Pushes kind_ = IdCache::Pushes::none;

  Course course_;
  ChangedKeys changed_keys_{};
  Expiries expiries_{};
  std::vector<std::string> unlearned_{};  // keys that are still to be asked when they expire
  bool may_expire_ = true;                // some keys of the database have a time to live
  bool expiries_known_ = false;           // of all keys that were there when a reading ended
  redis::Budget budget_;
  std::string cursor_{};
  bool was_master_ = false;  // when it was asked last, over this connection
  int failures_ = 0;         // since everything was read
  const Clock::time_point born_;
  bool stale_told_ = false;
};

}  // namespace rqpp::mirror
