// How the results of other jobs become arguments.

#include <fmt/format.h>

#include <utility>

#include "protocol/new_job.h"
#include "protocol/queries.h"
#include "worker/broker.h"
#include "worker/job_results.h"

#include <rqpp/error.h>

namespace rqpp::worker {
/// Hands claimed jobs on; if some of their arguments are results of other jobs, once those are
/// read. Until then the claim counts as unanswered: after an outage it is taken up again.
void Broker::hand_over(Claimed claimed) {
  struct Wanted {
    std::size_t job = 0;
    std::string place{};
    std::string id{};
  };
  std::vector<Wanted> wanted;
  redis::Batch batch;
  for (std::size_t i = 0; i < claimed.jobs.size(); ++i) {
    ClaimedJob& job = claimed.jobs[i];
    try {
      for (auto& [place, id] : protocol::read_results_text(job.job.results)) {
        batch.append(protocol::latest_results(id, 1));
        wanted.push_back({i, std::move(place), std::move(id)});
      }
    } catch (const DecodeError& error) {
      job.error = fmt::format("the job is malformed: {}", error.what());
    }
  }
  if (batch.empty()) {
    events_.emplace_back(std::move(claimed));
    return;
  }
  for (const ClaimedJob& job : claimed.jobs) claiming_.emplace(job.run.id, "");
  if (state_ != State::up) return;
  add(
      std::move(batch),
      [this, wanted = std::move(wanted), claimed = std::move(claimed)](Replies replies) mutable {
        for (std::size_t i = 0; i < wanted.size(); ++i) {
          take_result(claimed.jobs[wanted[i].job], wanted[i].place, wanted[i].id, replies[i]);
        }
        for (const ClaimedJob& job : claimed.jobs) claiming_.erase(job.run.id);
        events_.emplace_back(std::move(claimed));
      },
      Outage::drop);
  // Whatever stands in place of a result is the trouble of one job.
  outgoing_.back().takes_errors = true;
}

}  // namespace rqpp::worker
