#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "protocol/job_record.h"
#include "protocol/transitions.h"

#include <rqpp/call.h>
#include <rqpp/enqueue_options.h>

namespace rqpp::protocol {

inline constexpr std::chrono::seconds kDefaultTimeout{180};  // RQ's

/// The record of a job that is about to be queued. `new_id` is used unless the options name an id;
/// `serializer` and `timeout` unless they name one. Throws InvalidArgument for options outside
/// their ranges, an id that RQ refuses, meta that is neither a dict nor null, and arguments that
/// the serializer cannot hold.
JobRecord new_job(const Call& call, const EnqueueOptions& options, std::string_view queue,
                  Serializer serializer, std::string new_id, Time now,
                  std::chrono::seconds timeout = kDefaultTimeout);

/// The same job for `schedule`. Throws InvalidArgument unless `due` is in the years 1970 to 9999,
/// as RQ demands.
JobRecord scheduled(JobRecord job, Time due, Position when_due);

/// Call::results as a job's hash holds them; empty if there are none.
std::string results_text(const Call& call);
/// The same, read. Throws DecodeError.
std::vector<std::pair<std::string, std::string>> read_results_text(const std::string& text);

/// The result of job `id`, serialized, if a job that takes it has a copy (JobRecord::arguments): it
/// had to wait for others as well, so that the result itself might have expired. Throws
/// DecodeError.
std::optional<std::string> kept_argument(std::string_view arguments, std::string_view id);

/// The bytes of a job's meta; none for an empty dict or null. Throws InvalidArgument for anything
/// else, and for what the serializer cannot hold.
std::string serialized_meta(const Value& meta, Serializer serializer);

}  // namespace rqpp::protocol
