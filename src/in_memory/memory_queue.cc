#include <rqpp/testing.h>

#include <fmt/format.h>

#include <utility>

#include "client/describe.h"
#include "codec/wire_call.h"
#include "in_memory/local_worker.h"
#include "in_memory/memory_session.h"

#include <rqpp/error.h>

namespace rqpp {
namespace {

/// `queues` says where to look: tasks may enqueue to queues that nobody knew before.
template <class Queues>
DrainResult drain_all(in_memory::LocalWorker& worker, const Queues& queues, int max_jobs) {
  DrainResult done;
  while (worker.run_next(queues(), done)) {
    if (done.runs < max_jobs) continue;
    throw Error(fmt::format(
        "{} jobs have run, and the queue may hold more: does a job enqueue itself? Otherwise let "
        "drain() run more of them",
        done.runs));
  }
  return done;
}

}  // namespace

DrainResult drain(const Queue& queue, const TaskSources& tasks, int max_jobs) {
  tasks::Modules modules(tasks::ModulePath(tasks.path), tasks.modules, tasks::Loading::direct);
  in_memory::LocalWorker worker(queue, modules);
  return drain_all(
      worker, [&] { return std::vector{queue.name()}; }, max_jobs);
}

MemoryQueue::MemoryQueue(const TaskSources& tasks, std::string name, const QueueOptions& options)
    : MemoryQueue(std::move(name), options,
                  std::make_shared<in_memory::MemorySession>(tasks, options.serializer)) {}

MemoryQueue::MemoryQueue(std::string name, const QueueOptions& options,
                         std::shared_ptr<in_memory::MemorySession> memory)
    : Queue(memory, std::move(name), options), memory_(std::move(memory)) {}

Time MemoryQueue::now() const { return memory_->now(); }

void MemoryQueue::advance(std::chrono::milliseconds time) {
  if (time < std::chrono::milliseconds{0}) {
    throw InvalidArgument(
        fmt::format("time cannot go back by {} ms: advance by 0 or more", -time.count()));
  }
  memory_->advance(time);
}

DrainResult MemoryQueue::drain(int max_jobs) {
  in_memory::LocalWorker worker(static_cast<const Queue&>(*this), memory_->modules());
  return drain_all(
      worker, [this] { return memory_->queues(); }, max_jobs);
}

std::vector<JobInfo> MemoryQueue::enqueued() const {
  std::vector<JobInfo> jobs;
  for (const protocol::JobRecord& job : memory_->enqueued()) jobs.push_back(client::describe(job));
  return jobs;
}

Value MemoryQueue::run_untyped(const Call& call) {
  return in_memory::LocalWorker(static_cast<const Queue&>(*this), memory_->modules()).run(call);
}

std::string to_text(const Call& call) { return codec::describe(call); }

}  // namespace rqpp
