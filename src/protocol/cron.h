#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/job_record.h"
#include "protocol/transitions.h"
#include "redis/batch.h"
#include "redis/reply.h"

#include <rqpp/time.h>

// What `rqpp cron` writes and reads: the keys by which RQ's `CronScheduler.all()` sees it, and keys
// of our own by which one of several copies leads and no run is enqueued twice.
namespace rqpp::protocol {

/// How RQ >= 2.6 sees a cron scheduler.
struct CronRecord {
  std::string name{};  ///< `<host>:<pid>:<6 hex digits>`
  std::string hostname{};
  std::int64_t pid = 0;
  std::string config_file{};
  Time created_at{};
  std::string jobs{};  ///< JSON, as RQ's `CronJob.to_dict`.
};

/// Leads the copies of a group, or goes on to lead, if no other does. Reply: as of hold_queues.
/// Cost: 1 script, 2 commands.
redis::Batch lead_cron(std::string_view group, std::string_view name, std::chrono::seconds lease);
/// Leaves the lead to another, and RQ's registry. Cost: 1 script and 2 commands; 2 more.
redis::Batch leave_cron(std::string_view group, std::string_view name);
/// Says to RQ who leads. Cost: 3 commands.
redis::Batch announce_cron(const CronRecord& record, Time now);

/// For what moments the entries ran last. Cost: 1 command, grows with the entries.
redis::Batch last_cron_runs(std::string_view group, std::span<const std::string> entries);
std::vector<std::optional<std::chrono::sys_seconds>> read_last_cron_runs(const redis::Reply& reply);

struct CronRun {
  std::string entry{};
  std::chrono::sys_seconds due{};
  bool may_overlap = true;
  Position position = Position::back;
};
/// The id of the job of a run: always the same one, `cron-nightly-1795417460`.
std::string cron_job_id(std::string_view entry, std::chrono::sys_seconds due);
enum class CronAnswer : std::int8_t {
  enqueued = 1,
  not_leading = 0,
  was_enqueued = -1,
  would_overlap = -2,
};
/// Enqueues the job of a run, if this one leads and it was not done before. Reply: a CronAnswer.
/// Cost: 1 script, 12 commands at most.
redis::Batch enqueue_cron(std::string_view group, std::string_view leader, const CronRun& run,
                          const JobRecord& job, Time now);

}  // namespace rqpp::protocol
