#include "protocol/job_callback.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <utility>

#include "codec/json.h"
#include "protocol/json_list.h"

#include <rqpp/detail/task_name.h>
#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

/// More than these few names need.
constexpr std::size_t kMostBytesOfCallbacks = std::size_t{64} << 10;

bool is_end(Status status) {
  return status == Status::finished || status == Status::failed || status == Status::stopped;
}

JobCallback checked(const char* option, Status when, const Callback& callback) {
  if (!detail::is_task_name(callback.task)) {
    throw InvalidArgument(fmt::format("{} is '{}': name a task, module.function", option,
                                      callback.task.substr(0, 255)));
  }
  if (callback.timeout < std::chrono::seconds{1}) {
    throw InvalidArgument(fmt::format("the timeout of {} is {} s: use 1 s or more", option,
                                      callback.timeout.count()));
  }
  return {.when = when, .task = callback.task, .timeout_seconds = callback.timeout.count()};
}

JobCallback read_callback(const Value& object) {
  const auto status = status_from(object.at("job_status").as_string());
  if (!status || !is_end(*status)) throw DecodeError("its job_status is no end");
  JobCallback callback{.when = *status,
                       .task = object.at("task").as_string(),
                       .timeout_seconds = object.at("timeout").as_int()};
  if (callback.timeout_seconds < 1) throw DecodeError("its timeout is below 1 s");
  if (!detail::is_task_name(callback.task)) {
    throw DecodeError(fmt::format("'{}' is no task's name", callback.task.substr(0, 255)));
  }
  return callback;
}

}  // namespace

std::vector<JobCallback> new_callbacks(const EnqueueOptions& options) {
  std::vector<JobCallback> callbacks;
  const auto add = [&callbacks](const char* option, Status when, const Callback& callback) {
    if (callback != Callback{}) callbacks.push_back(checked(option, when, callback));
  };
  add("on_success", Status::finished, options.on_success);
  add("on_failure", Status::failed, options.on_failure);
  add("on_stopped", Status::stopped, options.on_stopped);
  return callbacks;
}

std::string to_json(std::span<const JobCallback> callbacks) {
  Value::Items list;
  for (const JobCallback& callback : callbacks) {
    if (callback.foreign) continue;
    list.push_back(Value::dict({{"task", callback.task},
                                {"job_status", std::string(to_string(callback.when))},
                                {"timeout", callback.timeout_seconds}}));
  }
  return list.empty() ? std::string{} : codec::write_json(Value::list(std::move(list)));
}

std::vector<JobCallback> read_callbacks(std::string_view json) {
  return read_json_list("rqpp_callbacks", json,
                        {.bytes = kMostBytesOfCallbacks, .items = kMostCallbacks}, read_callback);
}

}  // namespace rqpp::protocol
