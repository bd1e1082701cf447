#include "worker/run_ledger.h"

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

}  // namespace rqpp::worker
