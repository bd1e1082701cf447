#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/session.h"
#include "protocol/job_record.h"
#include "redis/batch.h"
#include "redis/connection.h"

#include <rqpp/status.h>
#include <rqpp/time.h>

// What a producer does about jobs that wait for others, and about groups of jobs, by pages and
// slices of at most a hundred.
namespace rqpp::client {

/// Asks Redis; throws as redis::Connection::run.
using Run = std::function<redis::Connection::Replies(const redis::Batch&)>;

/// By a session, which must outlive it.
Run asking(Session& session);

using Ids = std::vector<std::string>;
/// Asks for a page of a set.
using AskForPage = redis::Batch (*)(std::string_view name, std::string_view cursor);
/// Hands all ids of a set on, at most a hundred at a time, and says which are the last.
void for_each_slice(const Run& run, AskForPage ask, const std::string& name,
                    const std::function<void(const Ids&, bool last)>& use);

/// Forgets the jobs of a group that do not exist any more, and returns how many.
std::int64_t clean_group(const Run& run, const std::string& group);

/// Tells all dependents of a job that it has ended, and how; unset: as its hash says.
void release_dependents(const Run& run, const std::string& job_id, std::optional<Status> status,
                        Time now);

/// Deletes the jobs that wait for a job.
void delete_dependents(const Run& run, const std::string& job_id, Time now);

/// Makes the jobs that a job waits for forget it.
void leave_parents(const Run& run, const std::string& job_id);

/// Throws InvalidArgument if the new job would wait for one that waits for it, over however many
/// others (a thousand of them are looked at). It can only be if the id was there before. Cost: 1
/// round trip; 1 more for each that is looked at, if somebody waits for the id.
void refuse_cycle(const Run& run, const protocol::JobRecord& job);

}  // namespace rqpp::client
