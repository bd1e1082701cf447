#pragma once

#include <string>

#include "redis/settings.h"

// Where the queues are that a job makes: at its worker's Redis, without the worker's password.
namespace rqpp::sandbox {

/// Where the queues of jobs are that name no URL themselves.
struct JobRedis {
  std::string url{};       ///< Of their worker's Redis, or of one that it was told to give them.
  std::string withheld{};  ///< Without `url`: the worker's Redis, whose password jobs do not get.

  bool operator==(const JobRedis&) const = default;
};
/// `given` is the URL for jobs, or empty. Throws InvalidArgument if it is none.
JobRedis redis_for_jobs(const std::string& given, const redis::Settings& of_worker);
/// For a process whose forks run jobs: tells find_redis() there, and programs that jobs start.
void put_into_environment(const JobRedis& jobs);

/// For jobs in threads: while it lives, what is made on this thread by `finder` has this URL unless
/// it names one.
class DefaultUrl {
 public:
  explicit DefaultUrl(std::string url);
  DefaultUrl(const DefaultUrl&) = delete;
  DefaultUrl& operator=(const DefaultUrl&) = delete;
  ~DefaultUrl();

  /// Of this thread; empty: none.
  static const std::string& current();

 private:
  std::string outer_;
};

/// As RQ's workers mark their jobs, so those are meant as well.
bool is_in_job(const redis::Environment& environment);
/// Throws ConnectionError in a job, or a module that is loaded for jobs, that gets no password and
/// was given no other Redis.
void refuse_what_is_withheld(const redis::Environment& environment);

}  // namespace rqpp::sandbox
