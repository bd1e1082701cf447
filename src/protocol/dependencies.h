#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/job_record.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "redis/batch.h"

#include <rqpp/dependency.h>

// What happens between jobs that wait and those that they wait for.
//
// Each edge stands in two sets, `rq:job:<parent>:dependents` and `rq:job::<child>:dependencies`,
// from the moment when the child is deferred until its parent has ended as it must. `settle` notes
// in `rqpp:releases` that a job with dependents has ended, and hands out a page of them; whoever
// settled tells them, at most 100 per script, and the note goes with the last. So what a killed
// worker did not tell is found by the one that inherits from it (`unfinished_releases`), and what
// Python workers and vanished parents leave behind by a look at the registry of deferred jobs
// (`look_again`).
namespace rqpp::protocol {

/// What `enqueue` does with jobs that wait for others: it writes them, in the step in which they
/// become known to those. Cost: 1 script per 100 edges, of 2 commands per parent, 2 per job (4 with
/// a ttl, 1 more if it need not wait) and 2.
redis::Batch defer(std::span<const JobRecord> jobs, Position position, DeferredScore score);
/// Whether `defer` writes the hash of a job. That of a named one, or of one with very many parents,
/// is written before.
bool defer_writes(const JobRecord& job);

/// A page of the jobs that wait for a job. Read the reply with `read_page`. Cost: 1 command.
redis::Batch dependents_page(std::string_view job_id, std::string_view cursor);
/// The same of the jobs that a job waits for.
redis::Batch dependencies_page(std::string_view job_id, std::string_view cursor);

/// A job tells one that it waited for that it does so no more. Cost: 1 command.
redis::Batch forget_dependent(std::string_view parent, std::string_view dependent);

struct Release {
  std::string job_id{};  ///< The job that has ended.
  std::optional<Status>
      status{};  ///< How; unset: as its hash says. A job without one has returned.
  std::vector<std::string> dependents{};  ///< At most 100 of those that wait for it.
  bool last = false;                      ///< It has no more.
};
/// Tells some dependents of a job that it has ended, and queues those that need not wait any
/// longer. Read the reply with `read_release`. Cost: 1 script, 7 commands per released job, 4 per
/// job that has to wait on, and 3; where Python workers ended other parents 3 more for each of
/// those.
redis::Batch release(const Release& what, Time now);
/// The same for at most 100 jobs of which nobody knows whether they still have to wait.
redis::Batch look_again(std::span<const std::string> deferred_ids, Time now);

/// What became of the dependents.
struct Released {
  std::vector<std::string> queued{};
  std::vector<std::string> again{};  ///< They wait for very many; ask again for these.
  std::vector<std::string> gone{};   ///< There are no such jobs.
};
Released read_release(const redis::Reply& reply, std::span<const std::string> asked);

/// Jobs that ended, and whose dependents nobody has told: up to 100 ids, for `read_ids`. Cost: 1
/// command.
redis::Batch unfinished_releases();

}  // namespace rqpp::protocol
