#include <rqpp/current_job.h>

#include <utility>

#include <rqpp/error.h>

namespace rqpp {
namespace {

// Per thread, because a producer may run jobs on several threads of its own at once.
thread_local detail::JobContext* current = nullptr;

}  // namespace

namespace detail {

JobContext::JobContext(std::string id, Value meta, const std::atomic<bool>& stop)
    : id_(std::move(id)), stop_(stop) {
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

JobScope::JobScope(JobContext& context) noexcept : outer_(std::exchange(current, &context)) {}
JobScope::~JobScope() { current = outer_; }

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
