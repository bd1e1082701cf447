#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "protocol/enqueue_writer.h"
#include "protocol/job_record.h"
#include "redis/batch.h"

#include <rqpp/buffered_producer.h>

namespace rqpp::client {

/// One write of a producer.
struct NumberedWrite {
  std::int64_t number = 0;
  redis::Batch batch{};
  std::vector<std::string> ids{};
  std::size_t bytes = 0;
  bool sent_before = false;  ///< It may have been executed.
};

/// What a BufferedProducer has taken and Redis has not acknowledged, and when it must be written.
/// Knows no Redis, thread or clock.
class WriteBuffer {
 public:
  using Moment = std::chrono::steady_clock::time_point;

  /// `producer` names the key of its count of writes.
  WriteBuffer(std::string sender, const BufferedProducerOptions& options);

  /// No more must be added.
  bool full() const;
  std::size_t jobs() const { return jobs_; }
  /// True when the job is the first of a write, or made one complete: then `due` has changed.
  bool add(const protocol::JobRecord& job, Moment now);
  /// What is here is due at once. Returns the number of the last write so far.
  std::int64_t close();

  /// When the oldest write is due: the least moment of all when it is complete.
  std::optional<Moment> due() const;
  /// The oldest write, which stays in the count of what is held until `done`.
  NumberedWrite take();
  void done(const NumberedWrite& write);
  /// It failed; it is the next one again.
  void put_back(NumberedWrite write);
  /// Forgets all that is not under way; the ids, oldest first.
  std::vector<std::string> clear();

 private:
  void complete();

  std::string sender_;
  std::size_t jobs_per_write_;
  std::size_t bytes_per_write_;
  std::chrono::milliseconds linger_;
  std::size_t most_jobs_;
  std::size_t most_bytes_;

  std::deque<NumberedWrite> complete_{};
  protocol::EnqueueWriter writer_{protocol::Position::back};
  std::vector<std::string> ids_{};  // of the jobs in writer_
  Moment first_{};                  // when the first of them came
  std::int64_t number_ = 0;         // of the last complete write
  std::size_t jobs_ = 0;            // held
  std::size_t bytes_ = 0;           // held by complete writes
};

}  // namespace rqpp::client
