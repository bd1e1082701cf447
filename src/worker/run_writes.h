#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

namespace rqpp::worker {

/// What jobs that run here write beside their ends, their meta and other jobs, and that a run ends
/// only when Redis has answered all of it: if something was refused the run has failed.
class RunWrites {
 public:
  /// Is told why Redis refused what the run wrote last; empty: it refused nothing.
  using End = std::function<void(const std::string& refusal)>;

  void asked(const std::string& job_id) { runs_[job_id].unanswered += 1; }
  /// `refusal` is empty if Redis has done it.
  void answered(const std::string& job_id, const std::string& refusal) {
    const auto found = runs_.find(job_id);
    if (found == runs_.end()) return;
    found->second.unanswered -= 1;
    if (!refusal.empty()) found->second.refusal = refusal;
    end_if_answered(found);
  }
  /// Calls `end` once all that the job has asked for is answered, which may be now.
  void when_answered(const std::string& job_id, End end) {
    const auto found = runs_.find(job_id);
    if (found == runs_.end()) {
      end({});
      return;
    }
    found->second.end = std::move(end);
    end_if_answered(found);
  }
  /// A new run of the job begins.
  void forget(const std::string& job_id) { runs_.erase(job_id); }

 private:
  struct Run {
    int unanswered = 0;
    std::string refusal{};
    End end{};
  };
  using Place = std::map<std::string, Run>::iterator;

  void end_if_answered(Place run) {
    if (run->second.unanswered > 0) return;
    // A run that has been refused nothing, and goes on, need not be remembered.
    if (!run->second.end && !run->second.refusal.empty()) return;
    const Run done = std::move(run->second);
    runs_.erase(run);
    if (done.end) done.end(done.refusal);
  }

  std::map<std::string, Run> runs_{};  // by job
};

}  // namespace rqpp::worker
