#pragma once

#include <optional>

#include "worker/run_job.h"
#include "worker/slate.h"

namespace rqpp::worker {

/// The jobs that a horse has been given at once, as far as it runs them.
class RowOfJobs {
 public:
  /// `memory` is that of the parent's Slate. Without a valid one each end goes over the channel.
  void use(const base::Fd& memory);
  /// Whether this one begins: the first does, and another one if the one before has gone on.
  bool begins(const Assignment& assignment) const;
  void began();
  /// Notes the end of a job about which the parent has to do nothing else, and begins the next one.
  bool go_on(const Assignment& assignment, const Outcome& outcome, bool may_go_on);

 private:
  std::optional<Slate> slate_{};
  Slate::Row row_ = 0;
  int next_ = -1;
  Slate::Clock::time_point began_{};
};

/// The work of a horse, wherever it lives: waits for an Assignment, runs it, sends the Outcome, and
/// so on.
class JobLoop {
 public:
  /// `stop` asks the running job to end; it is what `current_job().stop_requested()` reads. All
  /// three must outlive the loop.
  JobLoop(ParentChannel& parent, Repertoire& repertoire, detail::StopFlag& stop)
      : parent_(parent), repertoire_(repertoire), stop_(stop) {}
  JobLoop(const JobLoop&) = delete;
  JobLoop& operator=(const JobLoop&) = delete;
  virtual ~JobLoop() = default;

  /// Returns when the last job has been run, or the channel has ended: false if that was no good
  /// end.
  bool run();

 protected:
  virtual void before(const Assignment& assignment) = 0;
  virtual void after() = 0;
  /// What the job wrote has still to be taken by the parent, so it has to see it before another job
  /// begins.
  virtual bool has_unread_output() const = 0;
  /// False where the task has replaced what hears of a request to stop.
  virtual bool hears_stops() const = 0;
  /// The outcome could not be sent.
  virtual void say_unheard() = 0;
  /// What ends a thread goes through the job: the outcome is sent, and none after it.
  virtual void leave_by_unwinding() = 0;

 private:
  Outcome run(const Assignment& assignment);
  bool run_and_report(const Assignment& assignment);
  bool send(Outcome outcome, const Assignment& assignment);
  Outcome::Stop stop_seen() const;

  ParentChannel& parent_;
  Repertoire& repertoire_;
  detail::StopFlag& stop_;
  RowOfJobs row_{};
};

}  // namespace rqpp::worker
