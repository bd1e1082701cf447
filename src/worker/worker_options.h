#pragma once

#include <string>
#include <vector>

#include "worker/worker.h"

#include <rqpp/worker.h>

// From what a user wants to what the parts of a worker need.
namespace rqpp::worker {

/// Throws InvalidArgument for options outside their ranges.
void check(const WorkerOptions& options);

/// The folders where modules are looked up.
std::vector<std::string> module_path(const std::vector<std::string>& given);
/// The option, else RQPP_JOB_REDIS_URL; empty: neither.
std::string job_url(const WorkerOptions& options);

/// What others see of this worker. Picks a name if none was given.
protocol::WorkerRecord record_of(const WorkerOptions& options, const redis::Settings& settings);

/// How to work as `record`, asked by `requests`. It speaks to no service manager, and what jobs
/// print is captured.
Worker::Options to_worker(const WorkerOptions& options, const protocol::WorkerRecord& record,
                          Requests requests);

}  // namespace rqpp::worker
