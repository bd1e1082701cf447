#include "worker/large_writes.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

/// A connection may break for other reasons once or twice.
constexpr int kMostAttempts = 3;
constexpr auto kPause = 200ms;

}  // namespace

bool LargeWrites::has(const std::string& job_id) const {
  return !job_id.empty() && std::any_of(writes_.begin(), writes_.end(),
                                        [&](const Write& write) { return write.job_id == job_id; });
}

Moment::Steady LargeWrites::next_step() const {
  if (writes_.empty()) return Moment::Steady::max();
  if (!connection_.open()) return retry_at_;
  return connection_.deadline().value_or(Moment::Steady::max());
}

void LargeWrites::step(short revents, Moment::Steady now) {
  try {
    take_step(revents, now);
  } catch (const std::exception& error) {
    fail(error.what(), now);
  }
}

void LargeWrites::take_step(short revents, Moment::Steady now) {
  if (writes_.empty()) {
    connection_.close();
    return;
  }
  if (!connection_.open()) {
    if (now < retry_at_) return;
    connection_.start();
  }
  if (revents != 0) connection_.step(revents);
  connection_.check_deadline(now);
  if (connection_.ready() && !sent_) {
    sent_ = true;
    writes_.front().attempts += 1;
    connection_.send(writes_.front().batch);
    connection_.flush();
  }
  if (auto replies = connection_.next_reply()) {
    Write done = std::move(writes_.front());
    writes_.pop_front();
    sent_ = false;
    retry_at_ = now;  // for the next one, at once
    hear_.answered(done, *replies);
  }
}

void LargeWrites::fail(const std::string& why, Moment::Steady now) {
  connection_.close();
  while (connection_.next_reply()) {
  }
  retry_at_ = now + kPause;
  if (!std::exchange(sent_, false) || writes_.front().attempts < kMostAttempts) return;
  const Write given_up = std::move(writes_.front());
  writes_.pop_front();
  hear_.given_up(
      given_up,
      fmt::format("Redis closes the connection each time that these {} bytes are sent. What it "
                  "takes is limited by its proto-max-bulk-len and client-query-buffer-limit. ({})",
                  given_up.batch.bytes(), why));
}

void LargeWrites::disconnect() noexcept {
  connection_.close();
  while (connection_.next_reply()) {
  }
  if (std::exchange(sent_, false)) writes_.front().attempts -= 1;
}

}  // namespace rqpp::worker
