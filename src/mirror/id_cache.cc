#include <fmt/format.h>
#include <pthread.h>

#include <csignal>
#include <thread>
#include <utility>

#include "mirror/copy.h"
#include "mirror/follower.h"
#include "mirror/freshness.h"
#include "mirror/source.h"
#include "mirror/table.h"
#include "sandbox/find_redis.h"

#include <rqpp/error.h>
#include <rqpp/id_cache.h>

namespace rqpp {
namespace mirror {

namespace {

std::unique_ptr<Table> make_table(IdCacheOptions::Form form) {
  const KeyedHash::Keys keys = KeyedHash::new_keys();
  return form == IdCacheOptions::Form::exact ? make_exact_table(keys) : make_compact_table(keys);
}

}  // namespace

/// What the users of a cache and its thread share.
class Cache {
 public:
  Cache(const Source& source, const IdCacheOptions& options)
      : name_(to_text(source)),
        copy_(make_table(options.form)),
        follower_(source, options, sandbox::finder(options.url), copy_, freshness_) {
    // Signals are for the threads of the program.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { follower_.run(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  Cache(const Cache&) = delete;
  Cache& operator=(const Cache&) = delete;
  ~Cache() {
    follower_.stop();
    thread_.join();
  }

  Copy& copy() { return copy_; }
  const Freshness& freshness() const { return freshness_; }

  void await(Freshness::Clock::time_point then, std::chrono::milliseconds timeout) {
    const auto until = Freshness::Clock::now() + std::min(timeout, kLongestWait);
    if (freshness_.await(then, until, [this] { follower_.hurry(); })) return;
    const std::string why = freshness_.last_error();
    throw TimeoutError(fmt::format("the ids of {} were not read within {} ms{}", name_,
                                   timeout.count(), why.empty() ? "" : ": " + why));
  }

 private:
  /// No clock overflows.
  static constexpr std::chrono::milliseconds kLongestWait{std::chrono::hours{24 * 365}};

  std::string name_;
  Copy copy_;
  Freshness freshness_{};
  Follower follower_;
  std::thread thread_{};
};

namespace {

void check(const IdCacheOptions& options) {
  constexpr std::chrono::milliseconds kLeast{100};
  constexpr std::chrono::milliseconds kMost{std::chrono::hours{24 * 365}};
  constexpr std::int64_t kSlowest = 1'000;
  const auto refuse = [](const char* name, std::int64_t value, const char* range) {
    throw InvalidArgument(
        fmt::format("an IdCache cannot have a {} of {}: use {}", name, value, range));
  };
  if (options.resync_interval < kLeast || options.resync_interval > kMost) {
    refuse("resync_interval", options.resync_interval.count(), "100 ms to a year");
  }
  if (options.stale_after < kLeast || options.stale_after > kMost) {
    refuse("stale_after", options.stale_after.count(), "100 ms to a year");
  }
  if (options.min_resync_interval.count() < 0 || options.min_resync_interval > kMost) {
    refuse("min_resync_interval", options.min_resync_interval.count(), "0 ms to a year");
  }
  if (options.per_second < kSlowest) refuse("per_second", options.per_second, "1,000 or more");
}

}  // namespace
}  // namespace mirror

namespace {

using Kind = redis::ScanTarget::Kind;

std::unique_ptr<mirror::Cache> make_cache(Kind kind, const std::string& name,
                                          const IdCacheOptions& options) {
  mirror::check(options);
  return std::make_unique<mirror::Cache>(mirror::Source{.kind = kind, .name = name}, options);
}

}  // namespace

IdCache IdCache::of_set(const std::string& key, const IdCacheOptions& options) {
  return IdCache(make_cache(Kind::set, key, options));
}

IdCache IdCache::of_sorted_set(const std::string& key, const IdCacheOptions& options) {
  return IdCache(make_cache(Kind::sorted_set, key, options));
}

IdCache IdCache::of_hash(const std::string& key, const IdCacheOptions& options) {
  return IdCache(make_cache(Kind::hash, key, options));
}

IdCache IdCache::of_prefix(const std::string& prefix, const IdCacheOptions& options) {
  return IdCache(make_cache(Kind::keys, prefix, options));
}

IdCache::IdCache(std::unique_ptr<mirror::Cache> cache) : cache_(std::move(cache)) {}
IdCache::IdCache(IdCache&&) noexcept = default;
IdCache& IdCache::operator=(IdCache&&) noexcept = default;
IdCache::~IdCache() = default;

bool IdCache::contains(std::string_view id) const noexcept { return cache_->copy().contains(id); }
std::vector<bool> IdCache::contains(std::span<const std::string_view> ids) const {
  return cache_->copy().contains(ids);
}
std::size_t IdCache::size() const noexcept { return cache_->copy().size(); }

std::chrono::milliseconds IdCache::age() const noexcept {
  return cache_->freshness().age(std::chrono::steady_clock::now());
}

void IdCache::wait_until_ready(std::chrono::milliseconds timeout) const {
  cache_->await(std::chrono::steady_clock::time_point::min() + std::chrono::nanoseconds{1},
                timeout);
}

void IdCache::catch_up(std::chrono::milliseconds timeout) const {
  cache_->await(std::chrono::steady_clock::now(), timeout);
}

void IdCache::add(std::string_view id) { cache_->copy().add(id); }
void IdCache::remove(std::string_view id) { cache_->copy().remove(id); }

IdCache::Pushes IdCache::pushes() const noexcept { return cache_->freshness().pushes(); }
std::string IdCache::last_error() const { return cache_->freshness().last_error(); }
std::size_t IdCache::bytes() const noexcept { return cache_->copy().bytes(); }

}  // namespace rqpp
