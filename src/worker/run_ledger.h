#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "protocol/queries.h"

namespace rqpp::worker {

/// What a worker knows of its runs, to be compared with what Redis knows of them: the executions
/// that it has asked for and those that it holds, until Redis has acknowledged their ends.
class RunLedger {
 public:
  /// A question that is not answered yet.
  struct Asked {
    std::int64_t claim = 0;  ///< The number of the claim; 0 of what is taken over.
    /// Who ran the job before; empty if only the job knows its name.
    std::optional<std::string> lost_worker{};
  };

  void ask(const std::string& execution_id, Asked asked) {
    runs_.insert_or_assign(execution_id, std::move(asked));
  }
  /// The answer was that there is no such run.
  void took_none(const std::string& execution_id) {
    const auto found = runs_.find(execution_id);
    if (found != runs_.end() && std::holds_alternative<Asked>(found->second)) runs_.erase(found);
  }
  /// The run is in the hands of the Supervisor.
  void hold(const std::string& execution_id) { runs_.insert_or_assign(execution_id, Held{}); }
  /// The end of a run that is held is being written.
  void ending(const std::string& execution_id) {
    const auto found = runs_.find(execution_id);
    if (found != runs_.end()) found->second = Ending{};
  }
  /// Redis has acknowledged the end.
  void end(const std::string& execution_id) { runs_.erase(execution_id); }
  void forget_all() { runs_.clear(); }
  /// True while the Supervisor has the run and its end is not being written.
  bool holds(const std::string& execution_id) const {
    const auto found = runs_.find(execution_id);
    return found != runs_.end() && std::holds_alternative<Held>(found->second);
  }
  /// The number of runs that are held or ending.
  std::int64_t held() const;

  /// Where the two differ. No claim of ours is under way.
  struct Difference {
    struct Answer {
      protocol::Standing::Run run{};
      Asked asked{};
    };
    std::vector<Answer> answers{};                   ///< What was asked and not heard of.
    std::vector<protocol::Standing::Run> unknown{};  ///< What only Redis knows.
    std::vector<std::string> gone{};                 ///< Executions that only we know.
  };
  /// What Redis does not know is forgotten.
  Difference compare(const std::vector<protocol::Standing::Run>& in_redis);
  /// What only Redis knows. Claims of ours may be under way: what they take was asked for before.
  std::vector<protocol::Standing::Run> unknown_of(
      const std::vector<protocol::Standing::Run>& in_redis) const;

 private:
  struct Held {};
  struct Ending {};
  std::map<std::string, std::variant<Asked, Held, Ending>> runs_{};  // by execution
};

}  // namespace rqpp::worker
