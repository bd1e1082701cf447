#include <rqpp/queue.h>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/ids.h"
#include "client/redis_session.h"
#include "client/relatives.h"
#include "client/session.h"
#include "client/wait.h"
#include "codec/fingerprint.h"
#include "protocol/enqueue_writer.h"
#include "protocol/job_id.h"
#include "protocol/new_job.h"
#include "protocol/queries.h"
#include "protocol/rights.h"
#include "protocol/transitions.h"
#include "sandbox/find_redis.h"

#include <rqpp/error.h>

namespace rqpp {
namespace {

// What one write to Redis holds at most.
constexpr std::size_t kJobsPerWrite = 1'000;
constexpr std::size_t kBytesPerWrite = std::size_t{8} << 20;

std::shared_ptr<client::Session> make_session(const QueueOptions& options) {
  return std::make_shared<client::RedisSession>(sandbox::finder(options.url), options.serializer);
}

protocol::Position position(const EnqueueOptions& options) {
  return options.at_front ? protocol::Position::front : protocol::Position::back;
}

bool has_scripts(const redis::Batch& batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (batch.encoded(i).script != nullptr) return true;
  }
  return false;
}

/// The replies to the jobs. What announces the queue is one transaction with them, or, as scripts
/// cannot be part of one, with a look at the queue before them. So a Redis Cluster, in which the
/// keys of a job are other servers' matter, refuses all of it; and all that follows, since the
/// queue is not announced then.
client::Session::Replies send_announced(client::Session& session, const std::string& queue,
                                        redis::Batch jobs) {
  if (jobs.empty()) return {};
  const auto now = client::Session::Clock::now();
  if (!session.should_announce(queue, now)) return session.run(jobs);
  redis::Batch announcement = protocol::announce_queue(queue);
  client::Session::Replies replies;
  if (has_scripts(jobs)) {
    session.run(announcement.append(protocol::queue_size(queue)).atomic());
    replies = session.run(jobs);
  } else {
    replies = session.run(jobs.append(std::move(announcement)).atomic());
  }
  session.announced(queue, now);
  return replies;
}

/// Deletes jobs that Redis has refused halfway for want of a right, as far as that is allowed.
void take_back(client::Session& session, std::span<const std::string> new_ids) {
  constexpr std::size_t kAtOnce = 100;
  try {
    for (; !new_ids.empty(); new_ids = new_ids.subspan(std::min(kAtOnce, new_ids.size()))) {
      session.run(protocol::forget_jobs(new_ids.first(std::min(kAtOnce, new_ids.size()))));
    }
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): the caller reports the first refusal
  }
}

/// `new_ids` are the ids of those jobs that no other process can know yet.
client::Session::Replies send(client::Session& session, const std::string& queue, redis::Batch jobs,
                              std::span<const std::string> new_ids) {
  try {
    return send_announced(session, queue, std::move(jobs));
  } catch (const CommandError& error) {
    if (protocol::is_missing_right(error.what())) take_back(session, new_ids);
    throw;
  }
}

/// Throws DuplicateJob.
void send_unique(client::Session& session, const Call& call, const protocol::JobRecord& job,
                 const EnqueueOptions& options, std::optional<Time> due) {
  protocol::Uniqueness uniqueness;
  if (options.unique_for) uniqueness = {codec::fingerprint(call), *options.unique_for};
  redis::Batch batch = protocol::enqueue_unique(job, position(options), due, uniqueness);
  const std::string there = send(session, job.origin, std::move(batch), {}).at(0).text;
  if (there.empty()) return;
  if (there == job.id) throw DuplicateJob(fmt::format("there is a job '{}' already", there), there);
  throw DuplicateJob(fmt::format("job '{}' is the same call, and was enqueued within the last {} s",
                                 there, options.unique_for->count()),
                     there);
}

}  // namespace

Queue::Queue(std::string name, const QueueOptions& options)
    : Queue(make_session(options), std::move(name), options) {}

Queue::Queue(std::shared_ptr<client::Session> session, std::string name,
             const QueueOptions& options)
    : session_(std::move(session)), name_(std::move(name)), options_(options) {
  protocol::check_queue_name(name_);
  const auto timeout = options_.default_timeout;
  if (timeout < std::chrono::seconds{1} && timeout != kForever) {
    throw InvalidArgument(fmt::format(
        "the default timeout is {} s: use 1 s or more, or -1 for no limit", timeout.count()));
  }
}

Queue Queue::sibling(std::string name) const { return {session_, std::move(name), options_}; }

Time Queue::after(std::chrono::seconds delay) const {
  constexpr std::chrono::seconds kLongest{300'000'000'000};  // the years 1970 to 9999, and more
  if (delay < std::chrono::seconds{0} || delay > kLongest) {
    throw InvalidArgument(
        fmt::format("cannot enqueue a job in {} s: use 0 s or more, and a time before the year "
                    "10000",
                    delay.count()));
  }
  return session_->now() + delay;
}

/// The options as the middleware leaves them, which sees them complete.
EnqueueOptions Queue::seen(const Call& call, EnqueueOptions options) const {
  if (!options.timeout) options.timeout = options_.default_timeout;
  for (const EnqueueMiddleware& see : options_.middleware) see(call, options);
  return options;
}

std::string Queue::put(const Call& call, const EnqueueOptions& options, std::optional<Time> due) {
  // A copy of the options costs as much as the rest of the record.
  if (options_.middleware.empty()) return put_seen(call, options, due);
  return put_seen(call, seen(call, options), due);
}

std::string Queue::put_seen(const Call& call, const EnqueueOptions& options,
                            std::optional<Time> due) {
  protocol::JobRecord job =
      protocol::new_job(call, options, name_, options_.serializer, base::new_uuid_hex(),
                        session_->now(), options_.default_timeout);
  if (due) job = protocol::scheduled(std::move(job), *due, position(options));
  if (options.unique || options.unique_for) {
    send_unique(*session_, call, job, options, due);
    return job.id;
  }
  const auto run = [this](const redis::Batch& batch) { return session_->run(batch); };
  if (!options.job_id.empty()) client::refuse_cycle(run, job);
  protocol::EnqueueWriter writer(position(options), due, options_.deferred_score);
  writer.reserve(1);
  writer.add(job);
  const bool is_new = options.job_id.empty();
  send(*session_, name_, writer.take(), {&job.id, is_new ? std::size_t{1} : 0});
  return job.id;
}

std::vector<std::string> Queue::put_many(std::span<const Call* const> calls,
                                         const EnqueueOptions& options, std::optional<Time> due) {
  if (!options.job_id.empty()) {
    throw InvalidArgument(fmt::format(
        "many jobs cannot share the id '{}': enqueue them one by one, or leave job_id empty",
        options.job_id));
  }
  if (options.unique_for) {
    throw InvalidArgument("unique_for is for one job: enqueue them one by one");
  }
  const Time now = session_->now();
  std::vector<std::string> ids;
  ids.reserve(calls.size());
  base::UuidSource uuids;
  std::vector<redis::Batch> writes;
  protocol::EnqueueWriter writer(position(options), due, options_.deferred_score);
  writer.reserve(std::min(calls.size(), kJobsPerWrite));
  for (const Call* call : calls) {
    const auto record = [&](const EnqueueOptions& how) {
      return protocol::new_job(*call, how, name_, options_.serializer, uuids.next(), now,
                               options_.default_timeout);
    };
    protocol::JobRecord job =
        options_.middleware.empty() ? record(options) : record(seen(*call, options));
    if (due) job = protocol::scheduled(std::move(job), *due, position(options));
    if (writer.jobs() == kJobsPerWrite || writer.bytes() + job.data.size() > kBytesPerWrite) {
      writes.push_back(writer.take());
    }
    writer.add(job);
    ids.push_back(std::move(job.id));
  }
  writes.push_back(writer.take());

  // At the front the last write must be pushed first.
  if (options.at_front) std::reverse(writes.begin(), writes.end());
  // Those of a write before may run by now.
  const std::span<const std::string> new_ids(ids.data(), writes.size() == 1 ? ids.size() : 0);
  for (redis::Batch& write : writes) send(*session_, name_, std::move(write), new_ids);
  return ids;
}

std::int64_t Queue::size() const { return session_->run(protocol::queue_size(name_)).at(0).number; }

std::vector<std::string> Queue::ids(std::int64_t offset, std::int64_t count) const {
  return protocol::read_ids(session_->run(protocol::queue_page(name_, offset, count)).at(0));
}

bool Queue::remove(std::string_view job_id) {
  return session_->run(protocol::remove_from_queue(name_, job_id)).at(0).number > 0;
}

std::int64_t Queue::clear() {
  const std::int64_t all = size();
  std::int64_t removed = 0;
  while (removed < all) {
    const int slice = static_cast<int>(std::min<std::int64_t>(100, all - removed));
    const auto gone =
        session_->run(protocol::empty_slice(name_, slice, session_->now())).at(0).number;
    if (gone == 0) break;
    removed += gone;
  }
  return removed;
}

std::int64_t Queue::remove_queue() {
  const std::int64_t removed = clear();
  session_->run(protocol::forget_queue(name_));
  return removed;
}

std::optional<AnyJob> Queue::fetch(std::string_view job_id) const {
  AnyJob found = job(job_id);
  if (!found.exists()) return std::nullopt;
  return found;
}

std::string Queue::checked_id(std::string_view job_id) {
  protocol::check_known_id(job_id);
  return std::string(job_id);
}

std::vector<std::optional<Value>> Queue::newest_values(const std::vector<std::string>& ids) const {
  return client::newest_results(*session_, ids);
}

std::vector<Value> Queue::wait_for_values(const std::vector<std::string>& ids,
                                          std::chrono::milliseconds timeout) const {
  return client::wait_for_results(*session_, ids, timeout);
}

}  // namespace rqpp
