#pragma once

#include <span>
#include <string>
#include <utility>

#include "redis/reply.h"
#include "worker/events.h"

#include <rqpp/call.h>

// Results of other jobs that are arguments of a job.
namespace rqpp::worker {

/// The place of an argument, see Call::results, and its bytes in the serializer of the job that
/// returned it; none for None.
using JobResult = std::pair<std::string, std::string>;

/// Adds one argument to a job, from what Redis has of job `id` (protocol::latest_results), or from
/// the copy that the job has of it; or an error, if there is none.
void take_result(ClaimedJob& job, const std::string& place, const std::string& id,
                 const redis::Reply& reply);

/// Gives the job an error if it, with its results, is more than a frame to its horse holds.
void check_size(ClaimedJob& job, std::size_t most = kMaxFrameBytes);

/// Puts results into the places that wait for them. Throws DecodeError if the call has no such
/// place, or a result is malformed.
void fill_in(Call& call, std::span<const JobResult> results);

}  // namespace rqpp::worker
