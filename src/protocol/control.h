#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "redis/batch.h"

// What a worker is told while it works: RQ's commands (`rq.command`), published as JSON on a
// channel that is the worker's own. Redis keeps no message, so each is heard now or never: the
// reply of every batch here is the number of listeners that it reached.
namespace rqpp::protocol {

/// Finish what runs, take nothing more, and end. Cost: 1 command, as each below.
redis::Batch shutdown(std::string_view worker);

/// Kill the horses that run a job; the worker goes on.
redis::Batch kill_horse(std::string_view worker);

/// Kill the run of one job, if the worker has it; the job ends as stopped. Throws InvalidArgument
/// for an id that is not UTF-8, which JSON cannot hold.
redis::Batch stop_job(std::string_view worker, std::string_view job_id);

/// The same for one run of the job, and no later one. Workers of RQ 2.12 and before ignore it.
redis::Batch stop_execution(std::string_view worker, std::string_view job_id,
                            std::string_view execution_id);

struct Shutdown {
  bool operator==(const Shutdown&) const = default;
};
struct KillHorse {
  bool operator==(const KillHorse&) const = default;
};
struct StopJob {
  std::string job_id{};  ///< Not empty.
  bool operator==(const StopJob&) const = default;
};
struct StopExecution {
  std::string job_id{};        ///< Not empty.
  std::string execution_id{};  ///< Not empty.
  bool operator==(const StopExecution&) const = default;
};
using Command = std::variant<Shutdown, KillHorse, StopJob, StopExecution>;

/// The command in a message, for the worker that got it; nothing if it is one that this version
/// does not know, which RQ ignores too. Fields beyond those of the command are ignored.
///
/// Anybody who reaches Redis may publish anything: throws DecodeError for a message beyond 64 KiB,
/// for what is not JSON, and for a command that lacks what belongs to it.
std::optional<Command> read_command(std::string_view message);

}  // namespace rqpp::protocol
