#include "protocol/dependencies.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "codec/timestamp.h"
#include "protocol/keys.h"
#include "protocol/scripts.h"
#include "protocol/seconds.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

/// How many edges one script looks at.
constexpr std::size_t kEdgesPerScript = 100;
constexpr std::size_t kIdsPerCommand = 100;

using Ids = std::span<const std::string>;

auto waits_as(const JobRecord& job) {
  return std::tie(job.dependency_ids, job.allow_dependency_failures, job.allow_dependency_stops,
                  job.enqueue_at_front, job.ttl_seconds);
}

std::string score_of(const JobRecord& job, DeferredScore score) {
  const Time created = job.created_at.value_or(Time{});
  if (score == DeferredScore::creation) return whole_seconds(created);
  return job.ttl_seconds ? whole_seconds(created + std::chrono::seconds(*job.ttl_seconds)) : "+inf";
}

std::string flag(bool value) { return value ? "1" : "0"; }

bool takes_results(const JobRecord& job) { return !job.results.empty(); }

class Deferral {
 public:
  Deferral(redis::Batch& batch, Position position, DeferredScore score)
      : batch_(batch), position_(position), score_(score) {}

  /// For jobs that all wait for the same.
  void add(std::span<const JobRecord> jobs) {
    const Ids parents = jobs.front().dependency_ids;
    if (parents.size() > kEdgesPerScript) {
      for (const JobRecord& job : jobs) add_in_slices(job);
      return;
    }
    const std::size_t step = kEdgesPerScript / parents.size();
    std::vector<std::span<const JobRecord>> slices;
    for (std::size_t i = 0; i < jobs.size(); i += step) {
      slices.push_back(jobs.subspan(i, std::min(step, jobs.size() - i)));
    }
    // What need not wait is pushed: at the front the last slice must be first.
    if (push(jobs.front()) == "LPUSH") std::reverse(slices.begin(), slices.end());
    for (const auto& slice : slices) call(slice, parents, false);
  }

 private:
  std::string push(const JobRecord& job) const {
    return job.enqueue_at_front || position_ == Position::front ? "LPUSH" : "RPUSH";
  }

  /// All dependencies are written first: while some are missing, the end of the others would seem
  /// to be enough. A last look finds out whether all have ended already.
  void add_in_slices(const JobRecord& job) {
    const Ids parents = job.dependency_ids;
    for (std::size_t i = 0; i < parents.size(); i += kIdsPerCommand) {
      const Ids slice = parents.subspan(i, std::min(kIdsPerCommand, parents.size() - i));
      batch_.add("SADD", keys::dependencies(job.id)).more_of(slice);
    }
    for (std::size_t i = 0; i < parents.size(); i += kEdgesPerScript) {
      call(std::span(&job, 1), parents.subspan(i, std::min(kEdgesPerScript, parents.size() - i)),
           true);
    }
    batch_.append(look_again(std::span(&job.id, 1), job.created_at.value_or(Time{})));
  }

  void call(std::span<const JobRecord> jobs, Ids parents, bool some) {
    const JobRecord& job = jobs.front();
    std::vector<std::string> args{job.origin,
                                  codec::format_iso(job.created_at.value_or(Time{})),
                                  score_of(job, score_),
                                  flag(job.allow_dependency_failures),
                                  flag(job.allow_dependency_stops),
                                  push(job),
                                  job.ttl_seconds ? std::to_string(*job.ttl_seconds) : "",
                                  flag(some),
                                  flag(std::any_of(jobs.begin(), jobs.end(), takes_results)),
                                  std::to_string(parents.size()),
                                  std::to_string(jobs.size())};
    args.insert(args.end(), parents.begin(), parents.end());
    // LPUSH puts its last word first; the first job is to run first.
    std::vector<const JobRecord*> order;
    for (const JobRecord& each : jobs) order.push_back(&each);
    if (push(job) == "LPUSH") std::reverse(order.begin(), order.end());
    for (const JobRecord* each : order) args.push_back(each->id);
    // The look at the end must see all slices.
    batch_.call(scripts::defer, {}, args, some ? redis::CallBy::text : redis::CallBy::hash);
    for (const JobRecord* each : order) add_hash(*each);
  }

  /// The number of words that follow, and fields and values of the hash.
  void add_hash(const JobRecord& job) {
    redis::Batch hash;
    hash.add("HSET");
    if (defer_writes(job)) add_fields(hash, job);
    const std::vector<std::string> words = hash.commands().front().args;
    batch_.more(words.size() - 1).more_of(std::span(words).subspan(1));
  }

  redis::Batch& batch_;
  Position position_;
  DeferredScore score_;
};

redis::Batch call_release(std::string_view job_id, std::string_view status, bool last,
                          Ids dependents, Time now) {
  std::vector<std::string> args{std::string(job_id), std::string(status), flag(last),
                                codec::format_iso(now), whole_seconds(now)};
  args.insert(args.end(), dependents.begin(), dependents.end());
  return redis::Batch{}.call(scripts::release, {std::string(keys::kReleases)}, args);
}

}  // namespace

bool defer_writes(const JobRecord& job) {
  return !job.named && job.dependency_ids.size() <= kEdgesPerScript;
}

redis::Batch defer(std::span<const JobRecord> jobs, Position position, DeferredScore score) {
  redis::Batch batch;
  Deferral deferral(batch, position, score);
  while (!jobs.empty()) {
    const auto others = std::find_if(jobs.begin(), jobs.end(), [&](const JobRecord& job) {
      return waits_as(job) != waits_as(jobs.front());
    });
    const auto alike = static_cast<std::size_t>(others - jobs.begin());
    deferral.add(jobs.first(alike));
    jobs = jobs.subspan(alike);
  }
  return batch;
}

redis::Batch dependents_page(std::string_view job_id, std::string_view cursor) {
  return redis::Batch{}.add("SSCAN", keys::dependents(job_id), cursor, "COUNT", kEdgesPerScript);
}

redis::Batch dependencies_page(std::string_view job_id, std::string_view cursor) {
  return redis::Batch{}.add("SSCAN", keys::dependencies(job_id), cursor, "COUNT", kEdgesPerScript);
}

redis::Batch forget_dependent(std::string_view parent, std::string_view dependent) {
  return redis::Batch{}.add("SREM", keys::dependents(parent), dependent);
}

redis::Batch release(const Release& what, Time now) {
  return call_release(what.job_id, what.status ? to_string(*what.status) : "", what.last,
                      what.dependents, now);
}

redis::Batch look_again(Ids deferred_ids, Time now) {
  return call_release({}, {}, false, deferred_ids, now);
}

Released read_release(const redis::Reply& reply, Ids asked) {
  if (reply.elements.size() != asked.size()) {
    throw DecodeError("the release script answered in an unknown form");
  }
  Released released;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    const std::int64_t answer = reply.elements[i].number;
    if (answer == 1) released.queued.push_back(asked[i]);
    if (answer == 2) released.again.push_back(asked[i]);
    if (answer == -1) released.gone.push_back(asked[i]);
  }
  return released;
}

redis::Batch unfinished_releases() { return redis::Batch{}.add("ZRANGE", keys::kReleases, 0, 99); }

}  // namespace rqpp::protocol
