#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

#include "base/log.h"
#include "protocol/queries.h"
#include "worker/events.h"

namespace rqpp::worker {

/// What a worker says about its jobs, in the words of RQ's workers.
class JobLog {
 public:
  struct Options {
    bool describe_jobs = true;             ///< Else their ids alone.
    std::chrono::seconds result_ttl{500};  ///< Of jobs that name none.
  };

  JobLog(base::Log log, Options options) : log_(std::move(log)), options_(options) {}

  void claimed(const ClaimedJob& job) const;
  void skipped(const protocol::Claim::Skipped& job) const;
  void held_back(const protocol::Claim::Held& job) const;
  /// The end of a job, once Redis has kept it, or dropped it.
  void settled(const Settle& end, const protocol::Settled& settled) const;
  /// So many jobs need not wait for this one any longer.
  void released(const std::string& job_id, std::size_t count) const;
  void put_back(const PutBack& job) const;
  void inherited(const Inherited& runs) const;
  void abandoned(const std::string& queue, std::size_t jobs) const;

 private:
  void failed(const Settle& end) const;
  void asked(const Settle& end) const;
  void succeeded(const Settle& end) const;

  base::Log log_;
  Options options_;
};

}  // namespace rqpp::worker
