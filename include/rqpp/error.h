#pragma once

#include <stdexcept>
#include <string>
#include <utility>

namespace rqpp {

/// The base of everything that rqpp throws. `what()` says what failed, why, and what to do.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Redis cannot be reached, refuses us, or the connection broke.
class ConnectionError : public Error {
 public:
  using Error::Error;
};

/// Something did not happen within the time given for it.
class TimeoutError : public Error {
 public:
  using Error::Error;
};

/// Redis answered a command with an error.
class CommandError : public Error {
 public:
  using Error::Error;
};

/// Bytes from Redis, from a pipe or from a user do not have the form that they must have.
class DecodeError : public Error {
 public:
  using Error::Error;
};

/// A task cannot be found, cannot be called with these arguments, or failed when it ran.
class TaskError : public Error {
 public:
  using Error::Error;
};

/// The job does not exist: it was never enqueued, was deleted, or has expired.
class NoSuchJob : public Error {
 public:
  using Error::Error;
};

/// A job that was to be unique is in Redis already.
class DuplicateJob : public Error {
 public:
  DuplicateJob(const std::string& text, std::string job_id)
      : Error(text), job_id_(std::move(job_id)) {}

  /// The job that is there: `queue.job(error.job_id())`.
  [[nodiscard]] const std::string& job_id() const noexcept { return job_id_; }

 private:
  std::string job_id_;
};

/// An argument is outside its documented range.
class InvalidArgument : public Error {
 public:
  using Error::Error;
};

}  // namespace rqpp
