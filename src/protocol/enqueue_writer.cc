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

/// How long a producer's count of writes is kept: so long can it tell whether a write was executed.
constexpr std::int64_t kWriteCountSeconds = 86'400;

/// What one transaction writes, and what one command adds to a list, a set or a sorted set: none
/// shall hold up Redis for long.
constexpr std::size_t kAtOnce = 100;

/// Named jobs per transaction. Each is a script call; only the first one carries the text.
constexpr std::size_t kNamedAtOnce = 20;

void save(redis::Batch& batch, const JobRecord& job) {
  const std::string key = keys::job(job.id);
  batch.add("HSET", key);
  add_fields(batch, job);
  if (job.ttl_seconds) batch.add("EXPIRE", key, *job.ttl_seconds);
}

void wait_for_slot(redis::Batch& batch, const JobRecord& job) {
  const Time now = job.created_at.value();
  batch.call(
      scripts::wait_for_slot, {},
      {job.id, job.limit_key, std::to_string(job.limit_jobs.value()), whole_seconds(now),
       codec::format_iso(now), job.ttl_seconds ? std::to_string(*job.ttl_seconds) : std::string()});
  if (!job.named) add_fields(batch, job);
}

/// What a named job's script does beside its hash.
struct Replacement {
  std::string list{};  // the key that its id is put into, with the two below
  std::string push{};  // empty: that is left to others
  std::string due{};
  std::string sender{};  // its key
  std::int64_t number = 0;
};

void replace(redis::Batch& batch, const JobRecord& job, const Replacement& how) {
  const Time now = job.created_at.value_or(Time{});
  std::vector<std::string> keys{keys::job(job.id)};
  if (!how.push.empty()) keys.push_back(how.list);
  // Executed after the write that places the id, it would remove the id as the old job's.
  const bool others_follow = how.push.empty();
  batch.call(scripts::replace_job, keys,
             {job.id, whole_seconds(now), codec::format_iso(now),
              job.ttl_seconds ? std::to_string(*job.ttl_seconds) : "", how.push, how.due,
              how.sender, std::to_string(how.number), "0"},
             others_follow ? redis::CallBy::text : redis::CallBy::hash);
  add_fields(batch, job);
}

}  // namespace

void EnqueueWriter::reserve(std::size_t jobs) {
  const std::size_t first = std::min(jobs, kAtOnce);
  part().hashes.reserve(first + 1, first * kUsualBytes);
  part().ids.reserve(first);
}

EnqueueWriter::Part& EnqueueWriter::part() {
  if (parts_.empty() || parts_.back().jobs == kAtOnce) {
    if (!parts_.empty()) bytes_ += parts_.back().hashes.bytes();
    parts_.emplace_back();
  }
  return parts_.back();
}

std::size_t EnqueueWriter::bytes() const {
  return bytes_ + (parts_.empty() ? 0 : parts_.back().hashes.bytes());
}

void EnqueueWriter::add(const JobRecord& job) {
  if (jobs_ == 0) {
    queue_ = job.origin;
    group_ = job.group_id;
  }
  const bool waits = !due_ && !job.dependency_ids.empty();
  const bool limited = !due_ && !waits && !job.limit_key.empty();
  if (job.named || waits || limited) bytes_ += kUsualBytes + job.data.size();
  if (job.named) {
    if (!named_.insert_or_assign(job.id, job).second) return;
  }
  Part& now = part();
  ++jobs_;
  ++now.jobs;
  if (!group_.empty()) now.members.push_back(job.id);
  // Those that wait for something are written by the script that lets them.
  if (!job.named && !limited && !(waits && defer_writes(job))) save(now.hashes, job);
  if (waits) {
    waiting_.push_back(job);
  } else if (limited) {
    wait_for_slot(slots_, job);
  } else {
    now.ids.push_back(job.id);
  }
}

redis::Batch EnqueueWriter::take() {
  redis::Batch batch = written();
  if (!waiting_.empty()) batch.append(defer(waiting_, where_, score_));
  batch.append(std::exchange(slots_, {}));
  begin_anew();
  return batch;
}

/// The hashes, and the ids of jobs that need not wait.
redis::Batch EnqueueWriter::written() {
  const bool pushes =
      std::any_of(parts_.begin(), parts_.end(), [](const Part& each) { return !each.ids.empty(); });
  redis::Batch batch;
  if (jobs_ == 1 && !named_.empty() && group_.empty() && pushes) {
    replace(batch, named_.begin()->second,
            {.list = due_ ? keys::scheduled(queue_) : keys::queue(queue_),
             .push = due_                        ? "ZADD"
                     : where_ == Position::front ? "LPUSH"
                                                 : "RPUSH",
             .due = due_ ? due_seconds(*due_) : ""});
    return batch;
  }
  for (const auto& [id, job] : named_) replace(batch, job, {});
  if (where_ == Position::front && !due_ && jobs_ > 1 && pushes) {
    return std::move(batch.append(written_to_front()));
  }
  for (Part& each : parts_) batch.append(written_part(each));
  return batch;
}

redis::Batch EnqueueWriter::written_part(Part& part) {
  redis::Batch batch = std::move(part.hashes);
  if (!part.members.empty()) batch.append(add_to_group(group_, part.members));
  if (part.ids.empty()) return batch;
  if (due_) {
    const std::string score = due_seconds(*due_);
    batch.add("ZADD", keys::scheduled(queue_));
    for (const std::string& id : part.ids) batch.more(score, id);
  } else {
    batch.add(where_ == Position::front ? "LPUSH" : "RPUSH", keys::queue(queue_)).more_of(part.ids);
  }
  if (jobs_ > 1) batch.atomic();
  return batch;
}

// LPUSH puts its last word first; the first job is to run first. No worker may look in between.
redis::Batch EnqueueWriter::written_to_front() {
  redis::Batch batch;
  for (Part& each : parts_) {
    batch.append(std::move(each.hashes));
    if (!each.members.empty()) batch.append(add_to_group(group_, each.members));
  }
  for (auto each = parts_.rbegin(); each != parts_.rend(); ++each) {
    std::reverse(each->ids.begin(), each->ids.end());
    if (!each->ids.empty()) batch.add("LPUSH", keys::queue(queue_)).more_of(each->ids);
  }
  return std::move(batch.atomic());
}

redis::Batch EnqueueWriter::take_once(std::string_view sender, std::int64_t number) {
  if (empty()) return {};
  redis::Batch batch;
  std::string last;  // of the hashes that are written together
  for (Part& each : parts_) {
    batch.append(std::move(each.hashes));
    for (const std::string& id : each.ids) {
      if (!named_.contains(id)) last = id;
    }
  }
  batch.atomic();
  const std::string key = keys::write_count(sender);
  std::vector<std::string> keys{keys::queue(queue_), key};
  if (!last.empty()) keys.push_back(keys::job(last));
  redis::Batch some;
  for (const auto& [id, job] : named_) {
    replace(some, job, {.sender = key, .number = number});
    keys.push_back(keys::job(id));
    if (some.size() == kNamedAtOnce) batch.append(std::exchange(some, {}).atomic());
  }
  batch.append(std::move(some.atomic()));
  // Executed after a later write of this sender, it would count as executed before.
  batch.call(scripts::push_once, keys, {std::to_string(number), std::to_string(kWriteCountSeconds)},
             redis::CallBy::text);
  for (const Part& each : parts_) batch.more_of(each.ids);
  begin_anew();
  return batch;
}

void EnqueueWriter::begin_anew() {
  parts_.clear();
  named_.clear();
  waiting_.clear();
  jobs_ = bytes_ = 0;
}

}  // namespace rqpp::protocol
