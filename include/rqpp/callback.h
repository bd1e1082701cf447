#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <utility>

#include <rqpp/status.h>

namespace rqpp {

template <class Signature>
class Task;

/// A task that a worker runs when a job has ended, before it says so: what waits for the job finds
/// that its callback is done. `rqpp::current_job()` is the job that has ended.
struct Callback {
  static constexpr std::chrono::seconds kDefaultTimeout{60};  // RQ's

  std::string task{};                              ///< `module.function`; empty: no callback.
  std::chrono::seconds timeout = kDefaultTimeout;  ///< How long it may run; 1 s or more.

  bool operator==(const Callback&) const = default;
};

/// A Callback for one kind of end: of a task by its handle, or by its name alone.
///
///     inline constexpr rqpp::Task<void(long)> note{"audit.note"};
///     queue.enqueue(slow_fib(33), {.on_success = note, .on_failure = {"audit.alarm", 10s}});
template <Status End>
struct CallbackOn : Callback {
  CallbackOn() = default;
  CallbackOn(const char* name, std::chrono::seconds limit = kDefaultTimeout)  // NOLINT
      : Callback{name, limit} {}
  CallbackOn(std::string name, std::chrono::seconds limit = kDefaultTimeout)  // NOLINT
      : Callback{std::move(name), limit} {}
  template <class R, class... Ps>
  CallbackOn(const Task<R(Ps...)>& handle,  // NOLINT(google-explicit-constructor)
             std::chrono::seconds limit = kDefaultTimeout)
      : Callback{std::string(handle.name()), limit} {
    static_assert(End == Status::finished || End == Status::failed || sizeof...(Ps) == 0,
                  "a callback for stopped jobs takes no argument");
    static_assert(End != Status::finished || sizeof...(Ps) <= 1,
                  "a callback for success takes the job's result, or nothing");
    if constexpr (End == Status::failed && sizeof...(Ps) > 0) {
      static_assert(Task<R(Ps...)>::template accepts<std::string>,
                    "a callback for failures takes the error's text, a std::string, or nothing");
    }
  }
};

}  // namespace rqpp
