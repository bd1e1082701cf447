#pragma once

#include <chrono>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "client/session.h"

#include <rqpp/value.h>

namespace rqpp::client {

/// What `result_of` says for each job, a hundred per round trip.
std::vector<std::optional<Value>> newest_results(Session& session,
                                                 std::span<const std::string> ids);

/// Waits until the job has a result, or for `timeout` (0 or more, or kForever).
Value wait_for_result(Session& session, const std::string& id, std::chrono::milliseconds timeout);

/// The same for many; `timeout` is for all together. Those that have ended cost no waiting.
std::vector<Value> wait_for_results(Session& session, std::span<const std::string> ids,
                                    std::chrono::milliseconds timeout);

}  // namespace rqpp::client
