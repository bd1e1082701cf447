#include "protocol/retry.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include <rqpp/error.h>

namespace rqpp {
namespace {

using Seconds = std::chrono::seconds;

/// More than anybody needs, and no more than a worker reads in a moment.
constexpr int kMostIntervals = 1'000;
/// What is added to a time must not leave its range.
constexpr Seconds kLongestWait{10'000'000'000};

/// The next number of a splitmix64 generator, from 0 to below 1.
double next_chance(std::uint64_t& state) {
  state += 0x9e3779b97f4a7c15;
  std::uint64_t bits = state;
  bits = (bits ^ bits >> 30) * 0xbf58476d1ce4e5b9;
  bits = (bits ^ bits >> 27) * 0x94d049bb133111eb;
  bits ^= bits >> 31;
  return static_cast<double>(bits >> 11) * 0x1p-53;
}

void check_backoff(const Backoff& it) {
  if (it.first < Seconds{1} || it.first > it.longest || it.longest > kLongestWait) {
    throw InvalidArgument(
        fmt::format("a backoff from {} s to {} s: use 1 s or more for the first, as much or more "
                    "for the longest, and {} s at most",
                    it.first.count(), it.longest.count(), kLongestWait.count()));
  }
  if (!(it.factor >= 1) || !std::isfinite(it.factor)) {
    throw InvalidArgument(fmt::format(
        "the factor of a backoff is {}: use 1 or more, so that waits do not shrink", it.factor));
  }
  if (!(it.jitter >= 0 && it.jitter <= 1)) {
    throw InvalidArgument(fmt::format("the jitter of a backoff is {}: use 0 to 1", it.jitter));
  }
}

void check_intervals(const char* option, const std::vector<Seconds>& intervals) {
  if (intervals.size() > static_cast<std::size_t>(kMostIntervals)) {
    throw InvalidArgument(
        fmt::format("{} are {}: use {} at most", option, intervals.size(), kMostIntervals));
  }
  for (const Seconds wait : intervals) detail::check_wait(option, wait);
}

void check_left(const char* what, int left, int most) {
  if (left < 1 || left > most) {
    throw InvalidArgument(fmt::format("{} is {}: there are 1 to {}", what, left, most));
  }
}

std::vector<std::int64_t> counts_of(const std::vector<Seconds>& waits) {
  std::vector<std::int64_t> counts;
  counts.reserve(waits.size());
  for (const Seconds wait : waits) counts.push_back(wait.count());
  return counts;
}

void check_repeat(const Repeat& repeat) {
  if (repeat.times < 1) {
    throw InvalidArgument(
        fmt::format("repeat.times is {}: use 1 or more, or no repeat", repeat.times));
  }
  check_intervals("repeat.intervals", repeat.intervals);
}

}  // namespace

namespace detail {

void check_wait(const char* option, Seconds wait) {
  if (wait < Seconds{0} || wait > kLongestWait) {
    throw InvalidArgument(fmt::format("{}: {} s is no wait; use 0 to {} s", option, wait.count(),
                                      kLongestWait.count()));
  }
}

void check_retry(const Retry& retry) {
  if (retry.max < 1) {
    throw InvalidArgument(fmt::format("retry.max is {}: use 1 or more, or no retry", retry.max));
  }
  check_intervals("retry.intervals", retry.intervals);
  if (!retry.backoff) return;
  check_backoff(*retry.backoff);
  if (!retry.intervals.empty()) {
    throw InvalidArgument("a retry has intervals and a backoff: use one of them");
  }
  if (retry.max > kMostIntervals) {
    throw InvalidArgument(
        fmt::format("retry.max is {}: with a backoff use {} at most", retry.max, kMostIntervals));
  }
}

}  // namespace detail

std::vector<Seconds> exponential_backoff(const Backoff& backoff, int count, std::uint64_t seed) {
  check_backoff(backoff);
  if (count < 0 || count > kMostIntervals) {
    throw InvalidArgument(fmt::format("a backoff of {} waits: use 0 to {}", count, kMostIntervals));
  }
  std::vector<Seconds> waits;
  waits.reserve(static_cast<std::size_t>(count));
  const auto longest = static_cast<double>(backoff.longest.count());
  auto wait = static_cast<double>(backoff.first.count());
  while (waits.size() < static_cast<std::size_t>(count)) {
    const double chance = backoff.jitter > 0 ? next_chance(seed) : 0;
    waits.emplace_back(static_cast<std::int64_t>(std::ceil(wait * (1 - backoff.jitter * chance))));
    wait = std::min(wait * backoff.factor, longest);
  }
  return waits;
}

Seconds Retry::next_wait(int retries_left) const {
  detail::check_retry(*this);
  check_left("retries_left", retries_left, max);
  std::vector<Seconds> waits = intervals;
  if (backoff) {
    Backoff steady = *backoff;
    steady.jitter = 0;
    waits = exponential_backoff(steady, max, 0);
  }
  return protocol::retry_wait(counts_of(waits), retries_left);
}

Seconds Repeat::next_wait(int repeats_left) const {
  check_repeat(*this);
  check_left("repeats_left", repeats_left, times);
  return protocol::asked_wait(counts_of(intervals), times - repeats_left);
}

namespace protocol {
namespace {

/// Whoever wrote the list may have been no friend.
Seconds wait_at(std::span<const std::int64_t> intervals, std::int64_t index) {
  if (intervals.empty()) return Seconds{0};
  const auto last = static_cast<std::int64_t>(intervals.size()) - 1;
  const auto place = static_cast<std::size_t>(std::clamp<std::int64_t>(index, 0, last));
  return Seconds{std::clamp<std::int64_t>(intervals[place], 0, kLongestWait.count())};
}

/// FNV-1a.
std::uint64_t seed_of(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return hash;
}

/// RQ has a list with one 0 where nobody names intervals.
std::vector<std::int64_t> or_at_once(std::vector<std::int64_t> intervals) {
  if (intervals.empty()) intervals.push_back(0);
  return intervals;
}

}  // namespace

Seconds retry_wait(std::span<const std::int64_t> intervals, std::int64_t retries_left) {
  return wait_at(intervals, static_cast<std::int64_t>(intervals.size()) - retries_left);
}

Seconds asked_wait(std::span<const std::int64_t> intervals, std::int64_t before) {
  return wait_at(intervals, before);
}

Seconds repeat_wait(std::span<const std::int64_t> intervals) { return wait_at(intervals, 0); }

std::vector<std::int64_t> later_intervals(std::span<const std::int64_t> intervals) {
  if (intervals.size() > 1) intervals = intervals.subspan(1);
  return {intervals.begin(), intervals.end()};
}

std::vector<std::int64_t> intervals_of(const Retry& retry, std::string_view job_id) {
  detail::check_retry(retry);
  return counts_of(retry.backoff ? exponential_backoff(*retry.backoff, retry.max, seed_of(job_id))
                                 : retry.intervals);
}

void set_retry(JobRecord& job, const Retry& retry) {
  if (retry == Retry{.max = 0}) return;  // nobody asked for it
  job.retry_intervals = or_at_once(intervals_of(retry, job.id));
  job.retries_left = retry.max;
  job.retry_at_front = retry.at_front;
}

void set_repeat(JobRecord& job, const Repeat& repeat) {
  if (repeat == Repeat{.times = 0}) return;
  check_repeat(repeat);
  job.repeat_intervals = or_at_once(counts_of(repeat.intervals));
  job.repeats_left = repeat.times;
}

}  // namespace protocol
}  // namespace rqpp
