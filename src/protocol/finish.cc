#include <chrono>
#include <cstdint>

#include "codec/stream_dump.h"
#include "codec/timestamp.h"
#include "protocol/end_of_run.h"
#include "protocol/keys.h"
#include "protocol/scripts.h"
#include "protocol/transitions.h"

#include <rqpp/error.h>

namespace rqpp::protocol {

bool may_finish(const JobRecord& job, const Execution& run) {
  return !run.shown && !job.ends_in_hash && job.limit_key.empty() && job.dependency_ids.empty() &&
         job.result_ttl_seconds.value_or(0) >= 0;
}

redis::Batch finish(std::span<const Finished> runs, std::chrono::seconds result_ttl, Time now) {
  const Execution& first = runs.front().run;
  const std::int64_t ttl = allowed_ttl(result_ttl.count());
  std::vector<std::string> args{first.queue, std::string(name_of(first.worker)),
                                codec::format_epoch(now), std::to_string(ttl)};
  args.reserve(4 + 6 * runs.size());
  for (const Finished& it : runs) {
    const ResultRecord result =
        of_run({.type = ResultRecord::Type::successful, .return_value = it.return_value}, it.run,
               it.times);
    const auto since_epoch = it.times.ended.time_since_epoch();
    const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(since_epoch).count();
    args.push_back(it.run.job_id);
    args.push_back(it.run.id);
    args.push_back(codec::format_iso(it.times.started));
    args.push_back(codec::format_iso(it.times.ended));
    args.push_back(ttl == 0 ? std::string()
                            : codec::dump_of_stream(static_cast<std::uint64_t>(milliseconds),
                                                    result_fields(result)));
    args.push_back(it.run.job_created);
  }
  return redis::Batch{}.call(scripts::finish, {keys::runs(first.worker)}, args);
}

std::vector<bool> read_finish(const redis::Reply& reply, std::size_t runs) {
  if (reply.elements.size() != runs) {
    throw DecodeError("the finish script answered in an unknown form");
  }
  std::vector<bool> settled;
  for (const redis::Reply& each : reply.elements) settled.push_back(each.number == 1);
  return settled;
}

}  // namespace rqpp::protocol
