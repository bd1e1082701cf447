#include "protocol/repair.h"

#include <chrono>
#include <string>

#include "codec/timestamp.h"
#include "protocol/keys.h"
#include "protocol/scripts.h"

namespace rqpp::protocol {
namespace {

using std::chrono::seconds;

constexpr seconds kDay{86'400};
constexpr seconds kHour{3'600};
constexpr seconds kStuckFor{60};  // RQ's

redis::Batch expire(std::string key, std::string job, std::string kind, seconds after) {
  return redis::Batch{}.call(scripts::expire_left_over, {std::move(key), std::move(job)},
                             {std::move(kind), std::to_string(after.count())});
}

}  // namespace

redis::Batch expire_results(std::string_view job_id) {
  return expire(keys::results(job_id), keys::job(job_id), "result", kDay);
}

redis::Batch expire_ghost(std::string_view job_id) {
  return expire(keys::job(job_id), keys::job(job_id), "ghost", kHour);
}

redis::Batch expire_run(std::string_view key) {
  return expire(std::string(key), std::string(key), "run", kHour);
}

redis::Batch put_back_stuck(std::string_view queue, std::string_view job_id, Time now) {
  return redis::Batch{}.call(
      scripts::put_back_stuck,
      {keys::intermediate(queue), keys::queue(queue), keys::wip(queue), keys::job(job_id),
       keys::executions(job_id), keys::first_seen(queue, job_id)},
      {std::string(job_id), codec::format_iso(now - kStuckFor),
       codec::format_epoch(now - kStuckFor), codec::format_epoch(now)});
}

}  // namespace rqpp::protocol
