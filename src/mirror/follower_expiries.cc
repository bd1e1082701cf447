// How a Follower knows when keys expire: Redis tells of that when it finds them expired, which may
// be half a minute later.

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "mirror/follower.h"

namespace rqpp::mirror {
namespace {

/// In `db0:keys=3,expires=1,avg_ttl=0`, a line for each database that is not empty.
bool any_key_expires(const std::string& keyspace, int db) {
  const std::size_t line = keyspace.find(fmt::format("db{}:", db));
  if (line == std::string::npos) return false;
  constexpr std::string_view kExpires = "expires=";
  const std::size_t at = keyspace.find(kExpires, line);
  return at == std::string::npos || keyspace.compare(at + kExpires.size(), 2, "0,") != 0;
}

}  // namespace

/// Where no key of the database has a time to live, none need be asked for it. False when it is
/// time to stop.
bool Follower::ask_whether_keys_expire() {
  redis::Batch batch;
  batch.add("INFO", "keyspace");
  const auto replies = ask(std::move(batch));
  if (!replies) return false;
  const redis::Reply& reply = replies->at(0);
  may_expire_ = reply.is_error() || any_key_expires(reply.text, settings_.db);
  return true;
}

redis::Batch Follower::ask_expiries(const std::vector<std::string>& keys) {
  redis::Batch batch;
  for (const std::string& key : keys) batch.add("PTTL", key);
  return batch;
}

void Follower::take_expiries(const std::vector<std::string>& keys,
                             std::span<const redis::Reply> replies, Clock::time_point asked) {
  for (std::size_t i = 0; i < keys.size(); ++i) take_expiry(keys[i], replies[i], asked);
}

/// As Redis answered a question of that moment. What it refuses to tell, or what does not expire,
/// is heard of as all else.
void Follower::take_expiry(const std::string& key, const redis::Reply& reply,
                           Clock::time_point asked) {
  constexpr std::int64_t kLongest = 1'000LL * 3'600 * 24 * 366;  // no clock overflows
  const bool expires = !reply.is_error() && reply.number >= 0 && reply.number < kLongest;
  expiries_.set(
      key, expires ? std::optional(asked + std::chrono::milliseconds{reply.number}) : std::nullopt);
}

/// The keys of a page that have to be asked when they expire, together with the next page. Of those
/// that were there at the last reading pushes have told since.
void Follower::note_unlearned(const std::vector<std::string>& page) {
  if (!minds_expiries() || !source_.is_prefix() || !may_expire_) return;
  std::copy_if(page.begin(), page.end(), std::back_inserter(unlearned_),
               [this](const auto& key) { return !expiries_known_ || !copy_.contains(key); });
}

/// What has expired has changed, though Redis need not have found it yet.
void Follower::expire_before(Clock::time_point then) {
  while (const auto key = expiries_.take(then)) key_changed(*key);
}

}  // namespace rqpp::mirror
