#include "worker/settle.h"

#include "protocol/transitions.h"

namespace rqpp::worker {

redis::Batch settle(const Settle& end, std::chrono::seconds result_ttl) {
  if (end.outcome.kind == Outcome::Kind::run_again) {
    return protocol::settle(end.job, end.run, protocol::AskedAgain{}, end.times, end.again);
  }
  switch (end.status) {
    case Status::finished:
      return protocol::settle(end.job, end.run, protocol::Succeeded{end.outcome.return_value},
                              end.times, result_ttl, end.again);
    case Status::stopped:
      return protocol::settle(end.job, end.run, protocol::Stopped{end.outcome.exc_info}, end.times);
    default:
      return protocol::settle(end.job, end.run, protocol::Failed{end.outcome.exc_info}, end.times);
  }
}

bool may_finish(const Settle& end) {
  return end.status == Status::finished && !end.again && end.outcome.kind == Outcome::Kind::value &&
         protocol::may_finish(end.job, end.run);
}

redis::Batch finish(std::span<const Settle> ends, std::chrono::seconds result_ttl, Time now) {
  std::vector<protocol::Finished> runs;
  runs.reserve(ends.size());
  for (const Settle& end : ends) runs.push_back({end.run, end.outcome.return_value, end.times});
  return protocol::finish(runs, result_ttl, now);
}

}  // namespace rqpp::worker
