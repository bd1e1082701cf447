#include "doctor/repair.h"

#include <fmt/format.h>

#include "protocol/keys.h"
#include "protocol/maintenance.h"
#include "protocol/repair.h"

namespace rqpp::doctor {
namespace {

void add_dead_workers(const RqFacts& rq, std::vector<Repair>& repairs) {
  if (rq.dead_workers.empty()) return;
  const auto add = [&repairs](const std::string& queue, const std::string& set) {
    repairs.push_back({.kind = Repair::Kind::dead_workers,
                       .finding = "dead-workers",
                       .queue = queue,
                       .text = fmt::format("{}: SREM of each worker that has no hash", set)});
  };
  add("", std::string(protocol::keys::kWorkers));
  for (const QueueFacts& queue : rq.queues) {
    if (queue.workers > 0) add(queue.name, protocol::keys::queue_workers(queue.name));
  }
}

void add_stuck_jobs(const RqFacts& rq, std::vector<Repair>& repairs) {
  for (const QueueFacts& queue : rq.queues) {
    for (const std::string& id : queue.stuck) {
      repairs.push_back({.kind = Repair::Kind::stuck_job,
                         .finding = "stuck-jobs",
                         .queue = queue.name,
                         .subject = id,
                         .text = fmt::format(
                             "LREM {} 1 {} and LPUSH {} {}, if it has no run and was seen there a "
                             "minute ago",
                             protocol::keys::intermediate(queue.name), id,
                             protocol::keys::queue(queue.name), id)});
    }
  }
}

Repair repair_of(const Leak& leak) {
  switch (leak.kind) {
    case Leak::Kind::result:
      return {.kind = Repair::Kind::results,
              .finding = "results-for-ever",
              .subject = leak.job_id,
              .text = fmt::format("PEXPIRE {} as long as rq:job:{} has, or EXPIRE 86400 if that is "
                                  "gone",
                                  leak.key, leak.job_id)};
    case Leak::Kind::ghost:
      return {.kind = Repair::Kind::ghost,
              .finding = "ghost-jobs",
              .subject = leak.job_id,
              .text = fmt::format("EXPIRE {} 3600, if it has no field 'data'", leak.key)};
    case Leak::Kind::execution:
      break;
  }
  return {.kind = Repair::Kind::run,
          .finding = "runs-for-ever",
          .subject = leak.key,
          .text = fmt::format("EXPIRE {} 3600, if it never expires", leak.key)};
}

/// A set page by page; a script removes from each who is dead.
bool clean_workers(redis::Connection& connection, const std::string& queue) {
  constexpr int kMostPages = 1'000;
  const std::string set =
      queue.empty() ? std::string(protocol::keys::kWorkers) : protocol::keys::queue_workers(queue);
  const auto size = [&] { return connection.run(redis::Batch().add("SCARD", set)).at(0).number; };
  const std::int64_t before = size();
  std::string cursor = "0";
  for (int page = 0; page < kMostPages; ++page) {
    cursor = protocol::read_cursor(connection.run(protocol::clean_workers(queue, cursor)).at(0));
    if (cursor == "0") break;
  }
  return size() < before;
}

redis::Batch batch_of(const Repair& repair, Time now) {
  switch (repair.kind) {
    case Repair::Kind::stuck_job:
      return protocol::put_back_stuck(repair.queue, repair.subject, now);
    case Repair::Kind::results:
      return protocol::expire_results(repair.subject);
    case Repair::Kind::ghost:
      return protocol::expire_ghost(repair.subject);
    case Repair::Kind::run:
    case Repair::Kind::dead_workers:
      break;
  }
  return protocol::expire_run(repair.subject);
}

}  // namespace

std::vector<Repair> repairs_for(const Facts& facts) {
  std::vector<Repair> repairs;
  if (!facts.rq) return repairs;
  add_dead_workers(*facts.rq, repairs);
  add_stuck_jobs(*facts.rq, repairs);
  for (const Leak& leak : facts.rq->leaks) repairs.push_back(repair_of(leak));
  if (repairs.size() > kMostRepairs) repairs.resize(kMostRepairs);
  return repairs;
}

Repaired perform(redis::Connection& connection, const Repair& repair, Time now) {
  constexpr std::int64_t kLater = 2;
  if (repair.kind == Repair::Kind::dead_workers) {
    return clean_workers(connection, repair.queue) ? Repaired::done : Repaired::not_needed;
  }
  const std::int64_t answer = connection.run(batch_of(repair, now)).at(0).number;
  if (answer == kLater) return Repaired::later;
  return answer == 1 ? Repaired::done : Repaired::not_needed;
}

}  // namespace rqpp::doctor
