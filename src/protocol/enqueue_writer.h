#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/transitions.h"

namespace rqpp::protocol {

/// `enqueue` and `schedule` for jobs that come one after the other: each is written when it is
/// added, so that no record need be kept until the last one is there.
///
/// Jobs that wait for nothing are written by hundreds, each hundred with its ids in one
/// transaction: a connection that breaks in the middle leaves no hash behind that no queue knows.
/// A single job is two plain commands, whose order is enough for everyone who reads. A named job
/// (JobRecord::named) is written by a script that replaces what had its id; of several with one id
/// the last one counts.
class EnqueueWriter {
 public:
  /// With `due` the jobs are scheduled.
  explicit EnqueueWriter(Position where, std::optional<Time> due = {},
                         DeferredScore score = DeferredScore::creation)
      : where_(where), due_(due), score_(score) {}

  /// Makes room for so many jobs; best said before the first one.
  void reserve(std::size_t jobs);
  /// The job's queue, and whether it has a group and waits for others, must be as with the others.
  void add(const JobRecord& job);

  std::size_t jobs() const { return jobs_; }
  bool empty() const { return jobs_ == 0; }
  /// About what the batch takes.
  std::size_t bytes() const;

  /// The batch of the jobs so far; those that are added then begin another one.
  redis::Batch take();
  /// The same for a write that may be sent twice and counts once: the hashes in one transaction,
  /// then a script that pushes the ids unless the producer's count of writes has reached `number`.
  /// For jobs at the back of the queue that wait for nothing and are of no group. Reply of the last
  /// command: 1; 0 it was pushed before, -1 the hashes are missing. Cost: 1 command per job, 2, and
  /// 1 script of 3 commands and 1 per 100 jobs; 1 more per job with a ttl,
  /// and 2 per 20 named jobs, a transaction.
  redis::Batch take_once(std::string_view sender, std::int64_t number);

 private:
  /// At most a hundred jobs.
  struct Part {
    redis::Batch hashes{};               // of those that are not named
    std::vector<std::string> ids{};      // to be pushed
    std::vector<std::string> members{};  // of the group
    std::size_t jobs = 0;
  };

  Part& part();
  redis::Batch written();
  redis::Batch written_to_front();
  redis::Batch written_part(Part& part);
  void begin_anew();

  Position where_;
  std::optional<Time> due_;
  DeferredScore score_;

  std::vector<Part> parts_{};
  std::map<std::string, JobRecord, std::less<>> named_{};
  redis::Batch slots_{};  // what follows for those that wait for a slot
  std::size_t jobs_ = 0;
  std::size_t bytes_ = 0;  // of full parts and of what is named
  std::string queue_{};
  std::string group_{};
  std::vector<JobRecord> waiting_{};  // for others
};

}  // namespace rqpp::protocol
