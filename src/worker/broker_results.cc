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
    } catch (const std::exception& error) {
      job.error = fmt::format("the job is malformed: {}", error.what());
    }
  }
  const auto hand_over_now = [this](Claimed& event) {
    for (const ClaimedJob& job : event.jobs) ledger_.hold(job.run.id);
    events_.emplace_back(std::move(event));
  };
  if (batch.empty()) {
    hand_over_now(claimed);
    return;
  }
  if (state_ != State::up) return;
  add({.batch = std::move(batch),
       .on_reply =
           [hand_over_now, wanted = std::move(wanted),
            claimed = std::move(claimed)](Replies replies) {
             Claimed complete = claimed;
             for (std::size_t i = 0; i < wanted.size(); ++i) {
               take_result(complete.jobs[wanted[i].job], wanted[i].place, wanted[i].id, replies[i]);
             }
             for (ClaimedJob& job : complete.jobs) check_size(job);
             hand_over_now(complete);
           },
       // Whatever stands in place of a result is the trouble of one job.
       .takes_errors = true});
}

}  // namespace rqpp::worker
