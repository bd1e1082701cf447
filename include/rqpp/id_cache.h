#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace rqpp {

namespace mirror {
class Cache;
}

/// How an IdCache follows Redis.
struct IdCacheOptions {
  std::string url{};  ///< As QueueOptions::url.

  /// What is kept of an id.
  enum class Form : std::uint8_t {
    exact,   ///< All of it, and 6 to 11 bytes.
    compact  ///< A fingerprint: 5 to 10 bytes, and an id that is not there may be taken for one
             ///< that is, once in 10 million at a hundred thousand ids, in 100,000 at ten million.
  };
  Form form = Form::exact;

  /// Redis is read anew so long after the last time, whatever it has told meanwhile; 100 ms or
  /// more.
  std::chrono::milliseconds resync_interval{60'000};
  /// When Redis tells that a set, a sorted set or a hash has changed, it is read anew, but so long
  /// after the last time at the earliest; 0 ms or more. For keys of a prefix, changes are collected
  /// for so long, 10 ms at most.
  std::chrono::milliseconds min_resync_interval{1'000};
  /// How many elements Redis looks at in a second for this cache at most; 1,000 or more. It rules
  /// how long reading takes: ten million ids in 100 s.
  std::int64_t per_second = 100'000;

  /// `on_stale` is called when `age()` is above this, and once again after it was below; 100 ms or
  /// more.
  std::chrono::milliseconds stale_after{90'000};
  /// From the cache's thread; it must neither throw nor destroy the cache.
  std::function<void()> on_stale{};

  /// A channel on which those who write tell what they have done, in any language: `PUBLISH
  /// <channel> +id` after an id was added, `-id` after one was removed. The cache then knows at
  /// once. Empty: none.
  std::string channel{};
};

/// A copy in memory of the ids of a set, a sorted set or a hash, or of the keys of a prefix, for
/// whoever would ask Redis EXISTS, SISMEMBER, ZSCORE or HEXISTS over and over.
///
///     rqpp::IdCache users = rqpp::IdCache::of_set("users");
///     users.wait_until_ready(10s);
///     if (users.contains(id)) …                    // some ten nanoseconds; no network, no lock
///
/// A thread of the cache reads the ids by pages and follows the changes: Redis tells of them where
/// it can (client tracking, Redis 6; or keyspace notifications, where the server has them on), and
/// everything is read anew now and then. So an answer may be late, but never by more than `age()`:
/// for each id it is what Redis would have said at some moment within that time. It is at most
///
/// - for keys of a prefix some milliseconds, and the time of checking what changed (keys /
///   per_second), that of keys which have expired included;
/// - for a set, a sorted set or a hash `min_resync_interval`, and twice the time that reading takes
/// (ids /
///   per_second);
/// - without tracking `resync_interval`, `min_resync_interval`, and twice the time that reading
/// takes: notifications
///   are silent about FLUSHALL, so what they tell makes answers younger but proves it for none;
/// - while Redis is away as long as that lasts, and the time that reading takes. The cache goes on
///   to answer as before, connects again, and reads everything anew.
///
/// Who writes the ids can tell its own cache at once: `add` and `remove`, after Redis has taken it.
///
/// `contains`, `size` and `age` may be called by any number of threads and wait for nobody. A
/// process forked from this one must not use the cache. Ids longer than 254 bytes are kept as their
/// SHA-256.
class IdCache {
 public:
  /// All four return at once, connect in the cache's thread, and throw InvalidArgument for a bad
  /// URL and for options outside their ranges.
  static IdCache of_set(const std::string& key, const IdCacheOptions& options = {});
  static IdCache of_sorted_set(const std::string& key, const IdCacheOptions& options = {});
  /// The ids are the fields of the hash.
  static IdCache of_hash(const std::string& key, const IdCacheOptions& options = {});
  /// The ids are whole keys, prefix included. SCAN looks at all keys of the database for them.
  static IdCache of_prefix(const std::string& prefix, const IdCacheOptions& options = {});

  IdCache(IdCache&&) noexcept;
  IdCache& operator=(IdCache&&) noexcept;
  ~IdCache();

  [[nodiscard]] bool contains(std::string_view id) const noexcept;
  /// The answer for each of many ids, in their order. Of a million ids and more that takes half the
  /// time: while the processor waits for what one of them needs from memory, others go on.
  [[nodiscard]] std::vector<bool> contains(std::span<const std::string_view> ids) const;
  [[nodiscard]] std::size_t size() const noexcept;
  /// How old an answer may be at most; kForever as long as Redis was not read once.
  [[nodiscard]] std::chrono::milliseconds age() const noexcept;

  /// Waits until Redis was read once. Throws TimeoutError, which says why if that is known.
  void wait_until_ready(std::chrono::milliseconds timeout) const;
  /// Waits until all that was in Redis before this call is in the cache. Throws as
  /// `wait_until_ready`.
  void catch_up(std::chrono::milliseconds timeout) const;

  /// This id was added to Redis, or removed from it, a moment ago.
  void add(std::string_view id);
  void remove(std::string_view id);

  /// Who tells the cache of changes.
  enum class Pushes : std::uint8_t { none, tracking, notifications };
  [[nodiscard]] Pushes pushes() const noexcept;
  /// Why the cache cannot follow Redis, or hears nothing of changes; empty: all is well.
  [[nodiscard]] std::string last_error() const;
  /// What the ids take in memory.
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  explicit IdCache(std::unique_ptr<mirror::Cache> cache);
  std::unique_ptr<mirror::Cache> cache_;
};

}  // namespace rqpp
