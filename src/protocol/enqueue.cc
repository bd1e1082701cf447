#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.h"
#include "codec/repr.h"
#include "protocol/enqueue_writer.h"
#include "protocol/job_id.h"
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

void check_known_id(std::string_view id) {
  if (id.empty()) throw InvalidArgument("a job's id is not empty");
}

void check_parent_id(std::string_view id) {
  check_known_id(id);
  if (base::find_invalid_utf8(id, base::Surrogates::refuse) != std::string_view::npos) {
    throw InvalidArgument(
        fmt::format("no job can wait for job {}: its id is not UTF-8", codec::quoted(id)));
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

redis::Batch written(EnqueueWriter writer, std::span<const JobRecord> jobs) {
  writer.reserve(jobs.size());
  for (const JobRecord& job : jobs) writer.add(job);
  return writer.take();
}

}  // namespace

redis::Batch enqueue(std::span<const JobRecord> jobs, Position position, DeferredScore score) {
  return written(EnqueueWriter(position, std::nullopt, score), jobs);
}

redis::Batch schedule(std::span<const JobRecord> jobs, Time due) {
  return written(EnqueueWriter(Position::back, due), jobs);
}

redis::Batch enqueue_unique(const JobRecord& job, Position position, std::optional<Time> due,
                            const Uniqueness& uniqueness) {
  std::vector<std::string> keys{keys::job(job.id),
                                due ? keys::scheduled(job.origin) : keys::queue(job.origin)};
  if (!uniqueness.fingerprint.empty()) keys.push_back(keys::unique(uniqueness.fingerprint));
  const char* push = position == Position::front ? "LPUSH" : "RPUSH";
  redis::Batch batch;
  batch.call(scripts::enqueue_unique, keys,
             {job.id, due ? "ZADD" : push, due ? due_seconds(*due) : std::string(),
              job.ttl_seconds ? std::to_string(*job.ttl_seconds) : std::string(),
              std::to_string(uniqueness.window.count())});
  add_fields(batch, job);
  // Whoever deletes the job opens the window as well.
  if (!uniqueness.fingerprint.empty()) batch.more("rqpp_unique", uniqueness.fingerprint);
  return batch;
}

redis::Batch forget_sender(std::string_view sender) {
  return redis::Batch{}.add("DEL", keys::write_count(sender));
}

redis::Batch announce_queue(std::string_view queue) {
  return redis::Batch{}.add("SADD", keys::kQueues, keys::queue(queue));
}

}  // namespace rqpp::protocol
