#include "worker/run_ledger.h"

#include <algorithm>
#include <iterator>

namespace rqpp::worker {

RunLedger::Difference RunLedger::compare(const std::vector<protocol::Standing::Run>& in_redis) {
  Difference difference;
  auto left = runs_;
  for (const protocol::Standing::Run& run : in_redis) {
    const auto known = left.extract(run.execution_id);
    if (known.empty()) {
      difference.unknown.push_back(run);
    } else if (const auto* asked = std::get_if<Asked>(&known.mapped())) {
      difference.answers.push_back({run, *asked});
    }
  }
  for (const auto& [id, stage] : left) {
    if (!std::holds_alternative<Asked>(stage)) difference.gone.push_back(id);
    runs_.erase(id);
  }
  return difference;
}

std::int64_t RunLedger::held() const {
  return std::count_if(runs_.begin(), runs_.end(),
                       [](const auto& run) { return !std::holds_alternative<Asked>(run.second); });
}

std::vector<protocol::Standing::Run> RunLedger::unknown_of(
    const std::vector<protocol::Standing::Run>& in_redis) const {
  std::vector<protocol::Standing::Run> unknown;
  std::copy_if(in_redis.begin(), in_redis.end(), std::back_inserter(unknown),
               [this](const auto& run) { return !runs_.contains(run.execution_id); });
  return unknown;
}

}  // namespace rqpp::worker
