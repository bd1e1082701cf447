#pragma once

#include <chrono>
#include <string>
#include <utility>

#include <rqpp/error.h>
#include <rqpp/retry.h>

// What a task throws to decide itself whether its job runs again. A task that catches
// `const std::exception&` around its own code lets these through first.
namespace rqpp {

/// The job shall run again, though nothing failed that RQ would retry: what a task of Python asks
/// for by returning an `rq.Retry`. A task of C++ may return an rqpp::Retry as well.
///
///     if (api.is_busy()) throw rqpp::RetryLater({.max = 5, .intervals = {30s}}, "API is busy");
///
/// `max` is how often a job may ask in all; then it fails. These reruns are counted by themselves
/// (RQ's `number_of_retries`), and need no EnqueueOptions::retry. With fewer intervals than reruns
/// the last one repeats: RQ's rule for retries that a task asks for. Each leaves a result of type
/// `retried`.
class RetryLater : public Error {
 public:
  /// `why` is for the worker's log. Throws InvalidArgument for a retry that is out of range.
  explicit RetryLater(Retry retry, const std::string& why = "the task asks for another run")
      : Error(why), retry_(std::move(retry)) {
    detail::check_retry(retry_);
  }
  [[nodiscard]] const Retry& retry() const { return retry_; }

 private:
  Retry retry_;
};

/// The job shall run again after a while, as if this run had not been: no retry is used up, no
/// result is left, and there is no limit.
///
///     if (!file_has_arrived(path)) throw rqpp::Snooze(10s);
class Snooze : public Error {
 public:
  /// `wait` is 0 s or more, else it throws InvalidArgument.
  explicit Snooze(std::chrono::seconds wait, const std::string& why = "the task waits")
      : Error(why), wait_(wait) {
    detail::check_wait("Snooze", wait);
  }
  std::chrono::seconds wait() const { return wait_; }

 private:
  std::chrono::seconds wait_;
};

/// The job has failed, and no rerun would help: it is not retried, whatever retries are left.
/// Derive from it for errors of your own that are of this kind.
///
///     if (!is_video(path)) throw rqpp::NonRetryable("no video: " + path);
class NonRetryable : public Error {
 public:
  using Error::Error;
};

}  // namespace rqpp
