#include <fmt/format.h>

#include <algorithm>

#include "codec/timestamp.h"
#include "protocol/dependencies.h"
#include "protocol/groups.h"
#include "protocol/keys.h"
#include "protocol/scripts.h"
#include "protocol/seconds.h"
#include "protocol/transitions.h"

#include <rqpp/error.h>

namespace rqpp::protocol {

void check_job_id(std::string_view id) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  };
  if (id.empty() || !std::all_of(id.begin(), id.end(), allowed)) {
    throw InvalidArgument(fmt::format(
        "the job id '{}' is not allowed: use letters, digits, '_' and '-', as RQ demands", id));
  }
}

void check_queue_name(std::string_view name) {
  if (name.empty() || name.find(',') != std::string_view::npos) {
    throw InvalidArgument(
        fmt::format("the queue name '{}' is not allowed: it must not be empty nor hold a comma, as "
                    "RQ joins a worker's queues with commas",
                    name));
  }
}

namespace {

/// A hash for each job, then their group.
redis::Batch save(std::span<const JobRecord> jobs) {
  redis::Batch batch;
  for (const JobRecord& job : jobs) {
    std::vector<std::string> save{"HSET", keys::job(job.id)};
    std::vector<std::string> fields = job_fields(job);
    save.insert(save.end(), std::make_move_iterator(fields.begin()),
                std::make_move_iterator(fields.end()));
    batch.add_words(std::move(save));
    if (job.ttl_seconds) batch.add("EXPIRE", keys::job(job.id), *job.ttl_seconds);
  }
  if (!jobs.empty() && !jobs.front().group_id.empty()) {
    std::vector<std::string> ids;
    for (const JobRecord& job : jobs) ids.push_back(job.id);
    batch.append(add_to_group(jobs.front().group_id, ids));
  }
  return batch;
}

redis::Batch wait_for_slot(const JobRecord& job) {
  const Time now = job.created_at.value();
  return redis::Batch{}.call(scripts::wait_for_slot, {},
                             {job.id, job.limit_key, std::to_string(job.limit_jobs.value()),
                              whole_seconds(now), codec::format_iso(now)});
}

}  // namespace

redis::Batch enqueue(std::span<const JobRecord> jobs, Position position, DeferredScore score) {
  redis::Batch batch = save(jobs);
  if (jobs.empty()) return batch;
  if (!jobs.front().dependency_ids.empty()) return batch.append(defer(jobs, position, score));
  std::vector<std::string> push{position == Position::front ? "LPUSH" : "RPUSH",
                                keys::queue(jobs.front().origin)};
  for (const JobRecord& job : jobs) {
    if (job.limit_key.empty()) {
      push.push_back(job.id);
    } else {
      batch.append(wait_for_slot(job));
    }
  }
  if (push.size() == 2) return batch;
  // LPUSH puts its last word first; the first job is to run first.
  if (position == Position::front) std::reverse(push.begin() + 2, push.end());
  return batch.add_words(std::move(push));
}

redis::Batch schedule(std::span<const JobRecord> jobs, Time due) {
  redis::Batch batch = save(jobs);
  if (jobs.empty()) return batch;
  const std::string score = due_seconds(due);
  std::vector<std::string> add{"ZADD", keys::scheduled(jobs.front().origin)};
  for (const JobRecord& job : jobs) {
    add.push_back(score);
    add.push_back(job.id);
  }
  return batch.add_words(std::move(add));
}

redis::Batch enqueue_unique(const JobRecord& job, Position position, std::optional<Time> due,
                            const Uniqueness& uniqueness) {
  std::vector<std::string> keys{keys::job(job.id),
                                due ? keys::scheduled(job.origin) : keys::queue(job.origin)};
  if (!uniqueness.fingerprint.empty()) keys.push_back(keys::unique(uniqueness.fingerprint));
  const char* push = position == Position::front ? "LPUSH" : "RPUSH";
  std::vector<std::string> args{job.id, due ? "ZADD" : push,
                                due ? due_seconds(*due) : std::string(),
                                job.ttl_seconds ? std::to_string(*job.ttl_seconds) : std::string(),
                                std::to_string(uniqueness.window.count())};
  std::vector<std::string> fields = job_fields(job);
  args.insert(args.end(), std::make_move_iterator(fields.begin()),
              std::make_move_iterator(fields.end()));
  return redis::Batch{}.call(scripts::enqueue_unique, std::move(keys), std::move(args));
}

redis::Batch announce_queue(std::string_view queue) {
  return redis::Batch{}.add("SADD", keys::kQueues, keys::queue(queue));
}

}  // namespace rqpp::protocol
