#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/queries.h"
#include "redis/batch.h"
#include "redis/reply.h"

#include <rqpp/time.h>

// What workers do now and again so that nothing is lost and nothing is kept for ever: RQ's
// maintenance, in slices. No call looks at more than about a hundred entries.
namespace rqpp::protocol {

/// Whoever has RQ's lock of a queue cleans it; Python's workers respect it, and so do we. Reply:
/// nil if somebody else has it. Cost: 1 command each.
redis::Batch lock_maintenance(std::string_view queue);
redis::Batch unlock_maintenance(std::string_view queue);
/// Whoever gets this one of our own cleans up what belongs to no queue. It lasts a little less than
/// RQ's interval and is not given back: once for all workers of rqpp is enough.
redis::Batch lock_common_maintenance();

/// Forgets what the registries of finished, failed and canceled jobs have kept for long enough,
/// with what Python leaves behind, and pushes what a worker of RQ 3 left in `rq:ready`. Reply: how
/// many ids it handled; call again if that is `kCleanSlice`. Jobs that were canceled are forgotten
/// after a year. Cost: 1 script, 4 commands, and up to 5 per id.
redis::Batch clean_queue(std::string_view queue, Time now);
inline constexpr int kCleanSlice = 50;

/// One page of the jobs of a queue that wait for others, for `look_again` of dependencies.h: those
/// whose parents were deleted or have expired wait for nobody. Read the reply with
/// `read_page`. Cost: 1 script, 1 command.
redis::Batch deferred_page(std::string_view queue, std::string_view cursor);

struct AbandonedRequest {
  std::string queue{};
  Claimant heir{};                           ///< Who takes the runs over.
  std::vector<std::string> execution_ids{};  ///< One for each run; 1 to 32.
  std::int64_t runs_left = 0;                ///< What the reply before said; 0 at first.
  std::int64_t ids_left = 0;                 ///< The same.
};
/// Takes over runs that nobody will end: `rq:wip` entries of workers that are gone, in both forms,
/// and ids that a worker of RQ moved out of their queue without starting them. Cost: 1 script, 2
/// commands, 10 per run that is taken over and 5 per entry that is not.
redis::Batch take_abandoned(const AbandonedRequest& request, Time now);
struct Abandoned {
  std::vector<Started> runs{};   ///< Of workers that did not renew them.
  std::vector<Started> stuck{};  ///< Taken out of their queue and never started.
  std::int64_t runs_left = 0;
  std::int64_t ids_left = 0;
  bool more = false;  ///< Ask again at once.
};
Abandoned read_abandoned(const redis::Reply& reply, std::string_view heir);

/// Forgets workers whose hashes have expired, in one page of those of a queue, or of all if `queue`
/// is empty. `cursor` is "0" at first; for the next one see `read_cursor`. Cost: 1 script, 1
/// command, and 1 per worker (3 if it is gone).
redis::Batch clean_workers(std::string_view queue, std::string_view cursor);

/// One page of the names of all groups. Cost: 1 command.
redis::Batch groups_page(std::string_view cursor);
/// Forgets jobs of a group that exist no more, in one page of it, and the group when it is empty.
/// Cost: 1 script, up to 3 commands, and 1 per job (2 if it is gone).
redis::Batch clean_group(std::string_view group, std::string_view cursor);

/// One page of the keys that have a concurrency limit. Cost: 1 command.
redis::Batch limits_page(std::string_view cursor);
/// Gives back slots whose jobs have gone without doing so, in one page of those of a key, and
/// queues jobs that wait for them. Cost: 1 script, up to 7 commands, 1 per job that has a slot (3
/// if it needs none) and 5 per job that gets one.
redis::Batch clean_slots(std::string_view key, std::string_view cursor, Time now);

/// Where the next page begins; "0" after the last one.
std::string read_cursor(const redis::Reply& reply);

}  // namespace rqpp::protocol
