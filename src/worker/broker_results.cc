// How the results of other jobs become arguments.

#include <fmt/format.h>

#include <cstdlib>
#include <utility>

#include "protocol/new_job.h"
#include "protocol/queries.h"
#include "worker/broker.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using protocol::ResultRecord;

/// Why the newest result of a job cannot be an argument; empty: it can.
std::string trouble_with(const std::optional<ResultRecord>& newest) {
  if (!newest) return "is gone, or it has none";
  return newest->type == ResultRecord::Type::successful ? "" : "is none: it did not return";
}

std::string name_of(const std::string& place) {
  const bool is_number = place.find_first_not_of("0123456789") == std::string::npos;
  return is_number ? fmt::format("argument {}", std::atoi(place.c_str()) + 1)
                   : fmt::format("argument '{}'", place);
}

/// One argument of a job, from what Redis has of the other one.
void take_result(ClaimedJob& job, const std::string& place, const std::string& id,
                 const redis::Reply& reply) {
  try {
    const auto results = protocol::read_results(reply);
    const auto newest = results.empty() ? std::nullopt : std::optional(results.front());
    const std::string trouble = trouble_with(newest);
    if (trouble.empty()) {
      job.results.emplace_back(place, newest->return_value);
    } else if (job.error.empty()) {
      job.error = fmt::format("{} of the job is the result of job '{}', which {}", name_of(place),
                              id, trouble);
    }
  } catch (const DecodeError& error) {
    job.error = fmt::format("{} of the job is the result of job '{}', which nobody can read: {}",
                            name_of(place), id, error.what());
  }
}

}  // namespace

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
