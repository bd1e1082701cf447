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

/// Options of an IdCache.
struct IdCacheOptions {
  std::string url{};  ///< As QueueOptions::url.

  /// How an id is stored.
  enum class Form : std::uint8_t {
    exact,   ///< The whole id plus 6 to 11 bytes.
    compact  ///< A fingerprint of 5 to 10 bytes. False positives: 1 in 10 million lookups at 10^5
             ///< ids, 1 in 100,000 at 10^7.
  };
  Form form = Form::exact;

  /// Full resync interval, regardless of invalidations; 100 ms or more.
  std::chrono::milliseconds resync_interval{60'000};
  /// Minimum time between two resyncs that follow a change of a set, sorted set or hash; 0 ms or
  /// more. For a prefix: how long changes are collected, 10 ms at most.
  std::chrono::milliseconds min_resync_interval{1'000};
  /// Maximum rate, in elements per second, at which Redis scans for this cache; 1,000 or more. It
  /// bounds the time of a resync: ten million ids take 100 s.
  std::int64_t per_second = 100'000;

  /// `on_stale` is called each time that `age()` rises above this; 100 ms or more.
  std::chrono::milliseconds stale_after{90'000};
  /// Called from the cache's thread. Must not throw or destroy the cache.
  std::function<void()> on_stale{};

  /// A channel on which writers announce changes: `PUBLISH <channel> +id` after adding an id, `-id`
  /// after removing it. The cache applies them immediately. Empty: none.
  std::string channel{};
};

/// An in-memory copy of the members of a set, sorted set or hash, or of the keys with a prefix.
/// Replaces repeated EXISTS, SISMEMBER, ZSCORE and HEXISTS.
///
///     rqpp::IdCache users = rqpp::IdCache::of_set("users");
///     users.wait_until_ready(10s);
///     if (users.contains(id)) …                    // tens of nanoseconds; no network, no lock
///
/// A background thread reads the ids page by page and follows changes by client tracking (Redis 6)
/// or keyspace notifications (where the server has them on), with a full resync from time to time.
/// An answer may be stale, but never by more than `age()`: for each id it is the answer that Redis
/// would have given at some moment within that time. `age()` is at most
///
/// - for a prefix: some milliseconds plus the time to check the changed and expired keys
///   (keys / per_second);
/// - for a set, sorted set or hash: `min_resync_interval` plus twice the resync time
///   (ids / per_second);
/// - without tracking: `resync_interval`, `min_resync_interval` and twice the resync time.
///   Notifications do not report FLUSHALL, so they improve freshness but guarantee nothing;
/// - while Redis is unreachable: the length of the outage plus the resync time. The cache keeps
///   answering, reconnects, and resyncs.
///
/// A writer can update its own cache immediately by `add` and `remove`, after its write to Redis.
///
/// `contains`, `size` and `age` are thread-safe and never block. A forked process must not use the
/// cache. Ids longer than 254 bytes are stored as their SHA-256.
class IdCache {
 public:
  /// All four return immediately and connect in the background. They throw InvalidArgument for a
  /// malformed URL and for options out of range.
  static IdCache of_set(const std::string& key, const IdCacheOptions& options = {});
  static IdCache of_sorted_set(const std::string& key, const IdCacheOptions& options = {});
  /// The ids are the fields of the hash.
  static IdCache of_hash(const std::string& key, const IdCacheOptions& options = {});
  /// The ids are whole keys, including the prefix. SCAN visits all keys of the database: O(keys).
  static IdCache of_prefix(const std::string& prefix, const IdCacheOptions& options = {});

  IdCache(IdCache&&) noexcept;
  IdCache& operator=(IdCache&&) noexcept;
  ~IdCache();

  [[nodiscard]] bool contains(std::string_view id) const noexcept;
  /// `contains` for each id, in order. With a million cached ids or more it takes half the time of
  /// single calls, since memory accesses overlap.
  [[nodiscard]] std::vector<bool> contains(std::span<const std::string_view> ids) const;
  [[nodiscard]] std::size_t size() const noexcept;
  /// Maximum staleness of an answer; kForever until the first resync is complete.
  [[nodiscard]] std::chrono::milliseconds age() const noexcept;

  /// Waits for the first complete resync. Throws TimeoutError, with the cause if known.
  void wait_until_ready(std::chrono::milliseconds timeout) const;
  /// Waits until the cache includes every write that Redis executed before this call. Throws as
  /// `wait_until_ready`.
  void catch_up(std::chrono::milliseconds timeout) const;

  /// Record that an id was just added to, or removed from, Redis.
  void add(std::string_view id);
  void remove(std::string_view id);

  /// The source of change notifications.
  enum class Pushes : std::uint8_t { none, tracking, notifications };
  [[nodiscard]] Pushes pushes() const noexcept;
  /// Why the cache cannot follow Redis or gets no change notifications; empty: no error.
  [[nodiscard]] std::string last_error() const;
  /// Memory of the ids, in bytes.
  [[nodiscard]] std::size_t bytes() const noexcept;

 private:
  explicit IdCache(std::unique_ptr<mirror::Cache> cache);
  std::unique_ptr<mirror::Cache> cache_;
};

}  // namespace rqpp
