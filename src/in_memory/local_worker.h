#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/session.h"
#include "protocol/job_record.h"
#include "protocol/queries.h"
#include "tasks/modules.h"
#include "worker/job_results.h"
#include "worker/verdict.h"

#include <rqpp/queue.h>
#include <rqpp/testing.h>

namespace rqpp::in_memory {

/// A worker within a process: takes jobs, runs them on this thread, and settles them, each with the
/// transitions of a real worker. It is not registered; its jobs are by worker `sync`, as those of
/// RQ's queues with is_async=False.
class LocalWorker {
 public:
  LocalWorker(Queue queue, tasks::Modules& modules)
      : queue_(std::move(queue)), session_(*queue_.session_), modules_(modules) {}
  LocalWorker(std::shared_ptr<client::Session> session, tasks::Modules& modules)
      : LocalWorker(Queue(std::move(session), "default", {}), modules) {}

  /// Runs the next job of these queues; false if none waits.
  bool run_next(const std::vector<std::string>& queues, DrainResult& done);

  /// Runs a call without a job.
  Value run(const Call& call);

 private:
  void run(const protocol::Started& started, DrainResult& done);
  worker::Outcome run(const protocol::JobRecord& job);
  worker::Outcome call_back(const protocol::JobRecord& job, const protocol::JobCallback& callback,
                            const std::string& told);
  worker::Verdict tell(const protocol::JobRecord& job, worker::Verdict verdict, std::string error);
  std::vector<worker::JobResult> results_for(const protocol::JobRecord& job);
  void end(const protocol::JobRecord& job, const protocol::Execution& run, Time began,
           worker::Verdict verdict, DrainResult& done);

  Queue queue_;
  client::Session& session_;
  tasks::Modules& modules_;
};

}  // namespace rqpp::in_memory
