#pragma once

#include <chrono>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/job_record.h"

#include <rqpp/repeat.h>
#include <rqpp/retry.h>

// What RQ's lists of intervals mean. Each of its three features has a rule of its own.
namespace rqpp::protocol {

/// Before a rerun with `retries_left` (1 or more) left: forwards, and with too few intervals the
/// first one repeats. (`Job.get_retry_interval`)
std::chrono::seconds retry_wait(std::span<const std::int64_t> intervals, std::int64_t retries_left);

/// Before a rerun that the task asks for after `before` (0 or more) others: forwards, and the last
/// one repeats. (`Retry.get_interval`)
std::chrono::seconds asked_wait(std::span<const std::int64_t> intervals, std::int64_t before);

/// Before the next repeat: the first interval, as in RQ 3. (`Repeat.schedule`)
std::chrono::seconds repeat_wait(std::span<const std::int64_t> intervals);
/// The intervals that it leaves for those behind it: all but the first, but always the last.
std::vector<std::int64_t> later_intervals(std::span<const std::int64_t> intervals);

/// The intervals as a job keeps them; the jitter of a backoff comes from the job's id, which is
/// random itself. Throws InvalidArgument for what is out of range.
std::vector<std::int64_t> intervals_of(const Retry& retry, std::string_view job_id);

/// Lets a new job be retried, or repeated, if the options ask for it. Throws InvalidArgument.
void set_retry(JobRecord& job, const Retry& retry);
void set_repeat(JobRecord& job, const Repeat& repeat);

}  // namespace rqpp::protocol
