#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redis/reply.h"

#include <rqpp/time.h>

namespace rqpp::protocol {

/// The hash `rq:worker:<name>`.
struct WorkerRecord {
  std::string name{};
  std::vector<std::string> queues{};
  std::string
      state{};  ///< `started`, `idle`, `busy` or `suspended`; other words are shown as they are.
  std::string hostname{};
  std::string ip_address{};
  std::string version{};
  std::string python_version{};
  std::int64_t pid = 0;
  std::optional<Time> birth{};
  std::optional<Time> last_heartbeat{};
  std::string current_job{};
  std::int64_t successful_job_count = 0;
  std::int64_t failed_job_count = 0;
  double total_working_time_seconds = 0;

  bool operator==(const WorkerRecord&) const = default;
};

/// The fields of the hash that `read_worker` wants, in its order.
inline constexpr std::array<std::string_view, 13> kWorkerFields{"queues",
                                                                "state",
                                                                "hostname",
                                                                "ip_address",
                                                                "version",
                                                                "python_version",
                                                                "pid",
                                                                "birth",
                                                                "last_heartbeat",
                                                                "current_job",
                                                                "successful_job_count",
                                                                "failed_job_count",
                                                                "total_working_time"};

/// The record in the values of `kWorkerFields`, or nullopt if there is no such worker. For people
/// only, so a malformed number or time is taken as absent rather than refused.
std::optional<WorkerRecord> read_worker(std::string_view name,
                                        std::span<const redis::Reply> values);

/// The fields and values that a worker is born with, in pairs.
std::vector<std::string> worker_fields(const WorkerRecord& worker);

}  // namespace rqpp::protocol
