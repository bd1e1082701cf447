#include "protocol/enqueue_writer.h"

#include <algorithm>
#include <span>
#include <utility>

#include "codec/timestamp.h"
#include "protocol/dependencies.h"
#include "protocol/groups.h"
#include "protocol/keys.h"
#include "protocol/scripts.h"
#include "protocol/seconds.h"

namespace rqpp::protocol {
namespace {

/// About what a usual job takes: its hash, and its id among those that are pushed.
constexpr std::size_t kUsualBytes = 400;

/// How long a feeder's count of writes is kept: so long can it tell whether a write was executed.
constexpr std::int64_t kFeederSeconds = 86'400;

/// What one command adds to a list, a set or a sorted set: none shall hold up Redis for long.
constexpr std::size_t kAddedAtOnce = 100;

/// Hands the ids on in their order, some at a time.
template <class Function>
void for_each_some(const std::vector<std::string>& ids, const Function& function) {
  const std::span<const std::string> all(ids);
  for (std::size_t begin = 0; begin < all.size(); begin += kAddedAtOnce) {
    function(all.subspan(begin, std::min(kAddedAtOnce, all.size() - begin)));
  }
}

void wait_for_slot(redis::Batch& batch, const JobRecord& job) {
  const Time now = job.created_at.value();
  batch.call(scripts::wait_for_slot, {},
             {job.id, job.limit_key, std::to_string(job.limit_jobs.value()), whole_seconds(now),
              codec::format_iso(now)});
}

}  // namespace

void EnqueueWriter::reserve(std::size_t jobs) {
  batch_.reserve(jobs + 1, jobs * kUsualBytes);
  ids_.reserve(jobs);
}

void EnqueueWriter::add(const JobRecord& job) {
  if (jobs_ == 0) {
    queue_ = job.origin;
    group_ = job.group_id;
  }
  ++jobs_;
  save(job);
  if (!group_.empty()) members_.push_back(job.id);
  if (!due_ && !job.dependency_ids.empty()) {
    waiting_.push_back(job);
  } else if (!due_ && !job.limit_key.empty()) {
    wait_for_slot(slots_, job);
  } else {
    ids_.push_back(job.id);
  }
}

void EnqueueWriter::save(const JobRecord& job) {
  const std::string key = keys::job(job.id);
  batch_.add("HSET", key);
  add_fields(batch_, job);
  if (job.ttl_seconds) batch_.add("EXPIRE", key, *job.ttl_seconds);
}

redis::Batch EnqueueWriter::take() {
  for_each_some(members_, [this](auto some) { batch_.append(add_to_group(group_, some)); });
  if (!waiting_.empty()) batch_.append(defer(waiting_, where_, score_));
  batch_.append(std::exchange(slots_, {}));
  if (!ids_.empty()) push();
  begin_anew();
  return std::exchange(batch_, {});
}

redis::Batch EnqueueWriter::take_once(std::string_view feeder, std::int64_t number) {
  if (empty()) return {};
  batch_.atomic();
  batch_.call(scripts::feed, {keys::queue(queue_), keys::feeder(feeder), keys::job(ids_.back())},
              {std::to_string(number), std::to_string(kFeederSeconds)});
  batch_.more_of(ids_);
  begin_anew();
  return std::exchange(batch_, {});
}

void EnqueueWriter::begin_anew() {
  jobs_ = 0;
  members_.clear();
  ids_.clear();
  waiting_.clear();
}

void EnqueueWriter::push() {
  const std::string queue = due_ ? keys::scheduled(queue_) : keys::queue(queue_);
  if (due_) {
    const std::string score = due_seconds(*due_);
    for_each_some(ids_, [&](auto some) {
      batch_.add("ZADD", queue);
      for (const std::string& id : some) batch_.more(score, id);
    });
  } else if (where_ == Position::front) {
    push_to_front(queue);
  } else {
    for_each_some(ids_, [&](auto some) { batch_.add("RPUSH", queue).more_of(some); });
  }
}

// LPUSH puts its last word first; the first job is to run first. No worker may look in between.
void EnqueueWriter::push_to_front(const std::string& queue) {
  std::reverse(ids_.begin(), ids_.end());
  redis::Batch pushes;
  for_each_some(ids_, [&](auto some) { pushes.add("LPUSH", queue).more_of(some); });
  if (pushes.size() > 1) pushes.atomic();
  batch_.append(std::move(pushes));
}

}  // namespace rqpp::protocol
