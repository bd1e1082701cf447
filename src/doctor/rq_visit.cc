#include "doctor/rq_visit.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <utility>

#include "doctor/job_check.h"
#include "doctor/thresholds.h"
#include "protocol/keys.h"
#include "protocol/queries.h"

namespace rqpp::doctor {
namespace {

namespace keys = protocol::keys;

constexpr std::size_t kMostQueues = 100;
constexpr std::size_t kMostWorkers = 300;
constexpr std::size_t kQueuesAtOnce = 10;
constexpr int kIdsLookedAt = 10;

// What is refused, or of another type, counts as nothing.
std::int64_t count_of(const redis::Reply& reply) { return std::max<std::int64_t>(reply.number, 0); }

std::vector<std::string> ids_of(const redis::Reply& reply) {
  std::vector<std::string> ids;
  for (const redis::Reply& id : reply.elements) {
    if (id.text.size() <= kMostNameBytes) ids.push_back(id.text);
  }
  return ids;
}

/// Names of a set, page by page, `most` of them or a page more.
std::vector<std::string> names_of(Probe& probe, const std::string& what, std::string_view set,
                                  std::size_t most) {
  std::vector<std::string> names;
  std::string cursor = "0";
  do {
    const auto replies = probe.ask(what, redis::Batch().add("SSCAN", set, cursor, "COUNT", 100));
    if (replies.at(0).elements.size() != 2) break;
    for (std::string& name : ids_of(replies[0].elements[1])) names.push_back(std::move(name));
    cursor = replies[0].elements[0].text;
  } while (cursor != "0" && !cursor.empty() && names.size() < most);
  std::sort(names.begin(), names.end());
  names.erase(std::unique(names.begin(), names.end()), names.end());
  if (names.size() > most) names.resize(most);
  return names;
}

redis::Batch ask_about(const std::string& queue, std::int64_t now_seconds) {
  redis::Batch batch = protocol::queue_counts(queue);
  batch.add("SCARD", keys::queue_workers(queue));
  batch.add("ZCOUNT", keys::wip(queue), 0, now_seconds - kAbandonedFor);
  batch.add("EXISTS", keys::scheduler_lock(queue));  // O(1), once per queue and visit
  batch.add("LLEN", keys::intermediate(queue));
  batch.add("LRANGE", keys::intermediate(queue), 0, kIdsLookedAt - 1);
  return batch;
}
constexpr std::size_t kRepliesPerQueue = 12;

QueueFacts read_queue(const std::string& name, std::span<const redis::Reply> replies) {
  const auto counts = protocol::read_queue_counts(replies.first(7));
  return {.name = name,
          .length_before = counts.queued,
          .length_after = counts.queued,
          .workers = count_of(replies[7]),
          .started = counts.started,
          .abandoned = count_of(replies[8]),
          .finished = counts.finished,
          .failed = counts.failed,
          .canceled = counts.canceled,
          .scheduled = counts.scheduled,
          .has_scheduler = replies[9].is_error() || replies[9].number != 0,
          .intermediate = count_of(replies[10])};
}

}  // namespace

void RqVisit::begin(std::int64_t now_seconds) {
  const auto counts =
      probe_.ask("RQ's queues and workers",
                 redis::Batch().add("SCARD", keys::kQueues).add("SCARD", keys::kWorkers));
  facts_.queues_registered = count_of(counts.at(0));
  facts_.workers_registered = count_of(counts.at(1));
  look_at_queues(now_seconds);
  look_at_workers();
}

void RqVisit::look_at_queues(std::int64_t now_seconds) {
  if (facts_.queues_registered == 0) return;
  std::vector<std::string> names;
  for (const std::string& key : names_of(probe_, "RQ's queues", keys::kQueues, kMostQueues)) {
    const std::string_view name = keys::queue_name(key);
    if (!name.empty()) names.emplace_back(name);
  }
  for (std::size_t begin = 0; begin < names.size(); begin += kQueuesAtOnce) {
    const std::size_t end = std::min(begin + kQueuesAtOnce, names.size());
    redis::Batch batch;
    for (std::size_t i = begin; i < end; ++i) batch.append(ask_about(names[i], now_seconds));
    const auto replies = probe_.ask("RQ's queues", batch);
    for (std::size_t i = begin; i < end; ++i) {
      const auto own = std::span(replies).subspan((i - begin) * kRepliesPerQueue, kRepliesPerQueue);
      facts_.queues.push_back(read_queue(names[i], own));
      on_their_way_.push_back(ids_of(own[kRepliesPerQueue - 1]));
    }
  }
}

void RqVisit::look_at_workers() {
  if (facts_.workers_registered == 0) return;
  const auto workers = names_of(probe_, "RQ's workers", keys::kWorkers, kMostWorkers);
  redis::Batch batch;
  // Once a visit, kMostWorkers at most, in one write: whose hash has expired is dead.
  for (const std::string& worker : workers) batch.add("EXISTS", worker);
  const auto replies = probe_.ask("RQ's workers", batch);
  facts_.workers_looked_at = static_cast<std::int64_t>(workers.size());
  for (std::size_t i = 0; i < workers.size(); ++i) {
    const redis::Reply& exists = replies.at(i);
    if (exists.is_error() || exists.number != 0) continue;
    const std::string_view name = keys::worker_name(workers[i]);
    facts_.dead_workers.emplace_back(name.empty() ? std::string_view(workers[i]) : name);
  }
}

void RqVisit::look_again() {
  if (facts_.queues.empty()) return;
  redis::Batch batch;
  for (const QueueFacts& queue : facts_.queues) {
    batch.add("LLEN", keys::queue(queue.name));
    batch.add("LRANGE", keys::intermediate(queue.name), 0, kIdsLookedAt - 1);
  }
  const auto replies = probe_.ask("RQ's queues", batch);
  for (std::size_t i = 0; i < facts_.queues.size(); ++i) {
    QueueFacts& queue = facts_.queues[i];
    if (!replies.at(2 * i).is_error()) queue.length_after = count_of(replies[2 * i]);
    std::vector<std::string> still_there;
    for (const std::string& id : ids_of(replies.at(2 * i + 1))) {
      const auto& before = on_their_way_[i];
      if (std::find(before.begin(), before.end(), id) != before.end()) still_there.push_back(id);
    }
    look_for_stuck(queue, still_there);
  }
}

/// An id that stays there is of a job that runs, which a worker of RQ takes out when it begins, or
/// of one that nobody will begin.
void RqVisit::look_for_stuck(QueueFacts& queue, const std::vector<std::string>& ids) {
  redis::Batch batch;
  for (const std::string& id : ids) {  // kIdsLookedAt at most, once a visit
    batch.append(protocol::job_status(id));
    batch.add("EXISTS", keys::executions(id));
  }
  const auto replies = probe_.ask("RQ's queues", batch);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const bool waits = replies.at(2 * i).text == "queued" && replies.at(2 * i + 1).number == 0;
    if (waits) queue.stuck.push_back(ids[i]);
  }
}

void RqVisit::end(const std::vector<ScannedKey>& keys) {
  look_again();
  std::vector<std::string> ids;
  for (const auto& some : on_their_way_) ids.insert(ids.end(), some.begin(), some.end());
  check_jobs(probe_, keys, ids, facts_);
  check_leaks(probe_, keys, facts_);
}

std::optional<RqFacts> RqVisit::facts(const std::vector<ScannedKey>& keys) const {
  const bool any_key = std::any_of(
      keys.begin(), keys.end(), [](const ScannedKey& key) { return key.name.starts_with("rq:"); });
  if (facts_.queues_registered == 0 && facts_.workers_registered == 0 && !any_key) return {};
  return facts_;
}

}  // namespace rqpp::doctor
