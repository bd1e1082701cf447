#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "client/session.h"
#include "in_memory/keyspace.h"
#include "in_memory/script_engine.h"
#include "protocol/job_record.h"
#include "tasks/modules.h"

#include <rqpp/testing.h>

namespace rqpp::in_memory {

/// Stands in for Redis: keys in memory, the time, and the tasks that run there.
class MemorySession final : public client::Session,
                            public std::enable_shared_from_this<MemorySession> {
 public:
  MemorySession(const TaskSources& tasks, Serializer serializer);

  Replies run(const redis::Batch& batch) override;
  /// Nobody else will answer: runs what is queued until the batch has its answer.
  Replies run_aside(const redis::Batch& batch, std::chrono::milliseconds block) override;
  Time now() const override;

  void advance(std::chrono::milliseconds time);
  /// The names of all queues that ever got a job, sorted.
  std::vector<std::string> queues();
  const std::vector<protocol::JobRecord>& enqueued() const { return enqueued_; }
  tasks::Modules& modules() { return modules_; }

 private:
  redis::Reply execute(const redis::Batch::Command& command);
  void note_new_jobs();
  void enqueue_due(std::span<const std::string> queues);

  mutable std::recursive_mutex turn_{};  // a task may wait for a job, which then runs
  Keyspace keys_;
  ScriptEngine scripts_{keys_};
  tasks::Modules modules_;
  std::vector<protocol::JobRecord> enqueued_{};
};

}  // namespace rqpp::in_memory
