// What users do to jobs that exist: cancel, delete, requeue, remove, empty, change meta.

#include <algorithm>

#include "protocol/keys.h"
#include "protocol/scripts.h"
#include "protocol/seconds.h"
#include "protocol/transitions.h"

#include "codec/timestamp.h"

namespace rqpp::protocol {

redis::Batch cancel(std::string_view job_id, Time now) {
  return redis::Batch{}.call(scripts::cancel, {keys::job(job_id)},
                             {std::string(job_id), whole_seconds(now), codec::format_iso(now)});
}

redis::Batch delete_job(std::string_view job_id, Time now) {
  return redis::Batch{}.call(scripts::delete_job, {keys::job(job_id)},
                             {std::string(job_id), whole_seconds(now), codec::format_iso(now)});
}

redis::Batch requeue(std::string_view job_id, Position position, Time now) {
  return redis::Batch{}.call(scripts::requeue, {keys::job(job_id)},
                             {std::string(job_id), codec::format_iso(now),
                              position == Position::front ? "1" : "0", whole_seconds(now)});
}

redis::Batch remove_from_queue(std::string_view queue, std::string_view job_id) {
  return redis::Batch{}.add("LREM", keys::queue(queue), 1, job_id);
}

redis::Batch empty_slice(std::string_view queue, int count, Time now) {
  return redis::Batch{}.call(
      scripts::empty, {keys::queue(queue)},
      {std::to_string(std::clamp(count, 1, 100)), whole_seconds(now), codec::format_iso(now)});
}

redis::Batch forget_queue(std::string_view queue) {
  return redis::Batch{}.call(scripts::forget_queue,
                             {keys::queue(queue), std::string(keys::kQueues)}, {});
}

redis::Batch save_meta(std::string_view job_id, std::string_view serialized_meta) {
  // It must not run after the job's next save or its end.
  return redis::Batch{}.call(scripts::save_meta, {keys::job(job_id)},
                             {std::string(serialized_meta)}, redis::CallBy::text);
}

}  // namespace rqpp::protocol
