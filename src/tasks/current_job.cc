#include <rqpp/current_job.h>

#include <unistd.h>

#include <utility>

#include <rqpp/error.h>

namespace rqpp {
namespace {

// Per thread, because a producer may run jobs on several threads of its own at once.
thread_local const std::shared_ptr<detail::JobContext>* current = nullptr;

}  // namespace

namespace detail {

JobContext::JobContext(std::string id, Value meta, StopFlag& stop)
    : id_(std::move(id)), stop_(stop), process_(::getpid()) {
  meta_ = meta.kind() == Value::Kind::dict ? std::move(meta) : Value::dict();
}

void JobContext::set_meta(const Value& meta) {
  if (meta.kind() != Value::Kind::dict && !meta.is_null()) {
    throw InvalidArgument("the meta of a job must be a dict, not " + meta.type_name());
  }
  meta_ = meta.is_null() ? Value::dict() : meta;
}

void JobContext::set_meta(std::string_view key, const Value& value) {
  Value::Pairs pairs(meta_.pairs().begin(), meta_.pairs().end());
  pairs.emplace_back(key, value);  // a later pair replaces an earlier one of that key
  meta_ = Value::dict(std::move(pairs));
}

std::unique_lock<std::mutex> JobContext::turn_to_send() {
  if (::getpid() != process_) {
    throw TaskError("the job " + id_ +
                    " runs in another process, which forked this one: only that can send for it");
  }
  std::unique_lock lock(turn_);
  if (over_.load(std::memory_order_relaxed)) {
    throw TaskError("the job " + id_ + " is over: wait in the task for the threads that it starts");
  }
  return lock;
}

void JobContext::end() noexcept {
  const std::lock_guard lock(turn_);
  over_.store(true, std::memory_order_release);
}

JobScope::JobScope(std::shared_ptr<JobContext> context) noexcept
    : context_(std::move(context)), outer_(std::exchange(current, &context_)) {}

JobScope::~JobScope() {
  current = outer_;
  context_->end();
}

}  // namespace detail

CurrentJob current_job() {
  if (current == nullptr) {
    throw TaskError(
        "no job runs on this thread: call current_job() in a task, and hand what it returns to the "
        "threads that the task starts");
  }
  return CurrentJob(*current);
}

bool has_current_job() noexcept { return current != nullptr; }

}  // namespace rqpp
