#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/queries.h"
#include "protocol/result_record.h"

#include <rqpp/error.h>
#include <rqpp/value.h>

// What the entries of a job's stream of results mean for somebody who wants its result. They throw
// TaskError for a run that failed, and DecodeError for a value that is no plain data.
namespace rqpp::client {

/// The job's result if it has ended, nothing while it waits or runs, even when an earlier run left
/// a result. Throws NoSuchJob when the job or its result is gone.
std::optional<Value> result_of(std::string_view job_id, const protocol::NewestOutcome& newest);

/// The result of one run; nothing if it ended with the wish to be run again.
std::optional<Value> result_of(std::string_view job_id, const protocol::ResultRecord& run);

/// `there is no job '…': …`.
NoSuchJob no_such_job(std::string_view job_id);

/// The last line of a traceback that is not blank, `ValueError: no such page`; what the job wrote
/// does not belong to it.
std::string_view last_line(std::string_view text);

}  // namespace rqpp::client
