#include "in_memory/memory_session.h"

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "in_memory/commands.h"
#include "in_memory/local_worker.h"
#include "protocol/keys.h"
#include "protocol/queries.h"
#include "protocol/scheduling.h"

#include <rqpp/error.h>

namespace rqpp::in_memory {
namespace {

constexpr std::size_t kFirstKey = 3;  // EVALSHA sha n key…

}  // namespace

MemorySession::MemorySession(const TaskSources& tasks, Serializer serializer)
    : Session(serializer),
      keys_(std::chrono::floor<std::chrono::seconds>(base::now())),
      modules_(tasks::ModulePath(tasks.path), tasks.modules, tasks::Loading::direct) {}

Time MemorySession::now() const {
  const std::lock_guard turn(turn_);
  return keys_.now();
}

redis::Reply MemorySession::execute(const redis::Batch::Command& command) {
  if (command.script == nullptr) return in_memory::execute(keys_, command.args);
  const Words words = Words(command.args).subspan(kFirstKey);
  const auto key_count = static_cast<std::size_t>(integer(command.args[kFirstKey - 1]));
  return scripts_.call(*command.script, words.first(key_count), words.subspan(key_count));
}

MemorySession::Replies MemorySession::run(const redis::Batch& batch) {
  const std::lock_guard turn(turn_);
  Replies replies;
  for (const redis::Batch::Command& command : batch.commands()) replies.push_back(execute(command));
  note_new_jobs();
  redis::throw_first_error(batch, replies);
  return replies;
}

MemorySession::Replies MemorySession::run_aside(const redis::Batch& batch,
                                                std::chrono::milliseconds block) {
  LocalWorker worker(shared_from_this(), modules_);
  DrainResult done;
  do {
    Replies replies = run(batch);
    if (block.count() == 0 || !replies.at(0).is_nil()) return replies;
  } while (worker.run_next(queues(), done));
  throw TimeoutError(
      "this wait has no end: nothing is queued in memory that could run. A job that is due later "
      "is enqueued by MemoryQueue::advance");
}

/// What has been enqueued is remembered as it was, whatever becomes of the job.
void MemorySession::note_new_jobs() {
  for (const std::string& key : keys_.take_made()) {
    const std::string prefix = protocol::keys::job("");
    if (!key.starts_with(prefix) || key.find(':', prefix.size()) != std::string::npos) continue;
    const std::string id = key.substr(prefix.size());
    const redis::Batch batch = protocol::fetch_jobs(std::span(&id, 1));
    const redis::Reply values = execute(batch.commands().front());
    if (values.is_error()) continue;
    if (auto job = protocol::read_job(id, values.elements)) enqueued_.push_back(std::move(*job));
  }
}

std::vector<std::string> MemorySession::queues() {
  auto names = protocol::read_queues_page(run(protocol::queues_page("0")).at(0)).names;
  std::sort(names.begin(), names.end());
  return names;
}

void MemorySession::advance(std::chrono::milliseconds time) {
  const std::lock_guard turn(turn_);
  keys_.set_now(keys_.now() + time);
  const std::vector<std::string> all = queues();
  for (std::size_t begin = 0; begin < all.size(); begin += protocol::kQueuesPerCall) {
    enqueue_due(
        std::span(all).subspan(begin, std::min(protocol::kQueuesPerCall, all.size() - begin)));
  }
}

/// A scheduler's part.
void MemorySession::enqueue_due(std::span<const std::string> queues) {
  constexpr const char* kName = "1";
  constexpr int kMost = 100;
  run(protocol::hold_queues(kName, queues, std::chrono::seconds{61}));
  std::int64_t moved = 0;
  do {
    moved = 0;
    const auto replies = run(protocol::enqueue_due(kName, queues, kMost, now()));
    for (const auto& queue : protocol::read_moved(replies.at(0))) moved += queue.count;
  } while (moved > 0);
  run(protocol::release_queues(kName, queues));
}

}  // namespace rqpp::in_memory
