#pragma once

#include <string_view>

#include "redis/batch.h"

#include <rqpp/time.h>

// What `rqpp doctor --repair` writes. Each looks again before it does, in one step; the reply is 1
// if it did something, and 0 if nothing was wrong any more.
namespace rqpp::protocol {

/// The results of a job that is gone, or that will be while they stay: they expire with it, or in
/// a day. Cost: 1 script, 3 commands.
redis::Batch expire_results(std::string_view job_id);
/// The hash of a job without its call, which a late write made: it expires in an hour. Cost: 1
/// script, 3 commands.
redis::Batch expire_ghost(std::string_view job_id);
/// A key of a run that has none to delete it: it expires in an hour. Cost: 1 script, 2 commands.
redis::Batch expire_run(std::string_view key);

/// A job between queue and worker without a run, that somebody saw there a minute ago or earlier:
/// it goes back to the front of its queue. Reply: 2 if it is seen for the first time, which is
/// noted where RQ's maintenance notes it: ask again in a minute. Cost: 1 script, 9 commands; looks
/// at the first 100 such ids.
redis::Batch put_back_stuck(std::string_view queue, std::string_view job_id, Time now);

}  // namespace rqpp::protocol
