#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace rqpp {

/// The status of a job. The names are RQ's, as in Redis.
enum class Status : std::uint8_t {
  created,           ///< Made, but never enqueued.
  queued,            ///< Waits in its queue.
  deferred,          ///< Waits for the jobs that it depends on.
  ready_to_enqueue,  ///< Dependencies are met; about to be queued (RQ 3.0 only, for moments).
  scheduled,         ///< Waits for a time.
  rate_limited,      ///< Waits for a slot of its rate limit (RQ 3.0 only).
  started,           ///< Runs now.
  finished,          ///< Ended with a result.
  failed,            ///< Ended with an error.
  stopped,           ///< Was stopped while it ran.
  canceled,          ///< Was taken back.
};

/// The word in Redis: `queued`.
std::string_view to_string(Status status);

/// The status of a word in Redis, or nullopt if RQ knows no such word.
std::optional<Status> status_from(std::string_view word);

/// True for finished, failed, stopped and canceled.
bool has_ended(Status status);

}  // namespace rqpp
