#pragma once

#include <cstdint>
#include <string>

#include "redis/connection.h"

#include <rqpp/queue.h>

namespace rqpp::test {

/// How much is in Redis.
struct CrowdSize {
  std::int64_t jobs = 100'000;    ///< In all queues; four fifths of them in `big`.
  std::int64_t entries = 10'000;  ///< In each registry of `big`.
  int queues = 200;               ///< `big`, and `q1`, `q2`, …
  int workers = 200;              ///< Half of them dead.
};

/// What a large site has in its Redis, written quickly: queues, registries and workers, in which
/// much has expired or was abandoned.
class Crowd {
 public:
  Crowd(std::string url, const CrowdSize& size);

  /// Queues with one job each.
  void open_queues();
  /// Workers that are alive for the next hours.
  void hire_living();
  /// Workers of rqpp whose leases are over and who had jobs, and as many of RQ whose hashes have
  /// expired.
  void hire_dead();
  /// The jobs that wait, all of horses.nothing.
  void fill_queues();
  /// The registries of `big`: a half has expired, a half is for years to come. Of the failed, the
  /// canceled and the abandoned ones a thousand are jobs, the others are ids of jobs that are gone.
  void fill_registries();

 private:
  struct Entries {
    const char* registry = "";
    const char* prefix = "";
    const char* suffix = "";
    std::int64_t early_score = 0;
    std::int64_t late_score = 0;
  };
  void fill(const Entries& entries);
  void save_jobs(const char* prefix, const char* status);
  void hire_lost(int number);
  void hire_gone(int number);

  Queue queue_;
  redis::Connection connection_;
  CrowdSize size_;
};

}  // namespace rqpp::test
