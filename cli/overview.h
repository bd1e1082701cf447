#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "json_text.h"
#include "protocol/queries.h"
#include "protocol/worker_record.h"
#include "redis/connection.h"

// What `rqpp info` shows: read from Redis, and written as text or JSON.
namespace rqpp::cli {

struct QueueLine {
  std::string name{};
  protocol::QueueCounts counts{};
  bool unscheduled = false;  ///< It has scheduled jobs, and no scheduler.

  bool operator==(const QueueLine&) const = default;
};

struct Overview {
  std::vector<QueueLine> queues{};                ///< As asked for, or all of them by name.
  std::vector<protocol::WorkerRecord> workers{};  ///< By name.

  bool operator==(const Overview&) const = default;
};

/// The counts of some queues: seven commands for each. Ask for a hundred at once.
redis::Batch ask_queues(std::span<const std::string> names);
/// Reads the replies to ask_queues().
std::vector<QueueLine> read_queues(std::span<const std::string> names,
                                   std::span<const redis::Reply> replies);

/// Sets `unscheduled` of each line. Asks about queues that have scheduled jobs:
/// two commands each, in one round trip if there are any.
void note_unscheduled(std::vector<QueueLine>& lines,
                      const std::function<std::vector<redis::Reply>(const redis::Batch&)>& ask);

/// The workers in the replies to protocol::fetch_workers() that live and listen to one of these
/// queues; no queues are all.
std::vector<protocol::WorkerRecord> read_workers(std::span<const std::string> names,
                                                 std::span<const redis::Reply> replies,
                                                 const std::vector<std::string>& queues);

enum class Parts { all, queues, workers };

/// Reads and never writes. `queues` limits it to these and to workers that listen to one of them;
/// none means all. Costs seven commands per queue and one per worker, a page in one round trip; two
/// more, in one more, for each queue that has scheduled jobs.
Overview read_overview(redis::Connection& connection, const std::vector<std::string>& queues,
                       Parts parts);

struct Look {
  Parts parts = Parts::all;
  bool raw = false;       ///< For programs: a word in front of each line, no bars, no sums.
  bool by_queue = false;  ///< A line per queue with its workers, in place of one per worker.
  bool colors = false;
  int columns = 80;  ///< Of the terminal.
};

/// As `rq info` prints it.
std::string to_text(const Overview& overview, const Look& look);
Json to_json(const Overview& overview, Parts parts);

}  // namespace rqpp::cli
