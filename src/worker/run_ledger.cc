#include "worker/run_ledger.h"

#include <algorithm>
#include <iterator>

namespace rqpp::worker {

RunLedger::Difference RunLedger::compare(const std::vector<protocol::Standing::Run>& in_redis) {
  Difference difference;
  std::map<std::string, std::optional<Asked>> left = runs_;
  for (const protocol::Standing::Run& run : in_redis) {
    const auto known = left.extract(run.execution_id);
    if (known.empty()) {
      difference.unknown.push_back(run);
    } else if (known.mapped()) {
      difference.answers.push_back({run, *known.mapped()});
    }
  }
  for (const auto& [id, asked] : left) {
    if (!asked) difference.gone.push_back(id);
    runs_.erase(id);
  }
  return difference;
}

std::int64_t RunLedger::held() const {
  return std::count_if(runs_.begin(), runs_.end(), [](const auto& run) { return !run.second; });
}

std::vector<protocol::Standing::Run> RunLedger::unknown_of(
    const std::vector<protocol::Standing::Run>& in_redis) const {
  std::vector<protocol::Standing::Run> unknown;
  std::copy_if(in_redis.begin(), in_redis.end(), std::back_inserter(unknown),
               [this](const auto& run) { return !runs_.contains(run.execution_id); });
  return unknown;
}

}  // namespace rqpp::worker
