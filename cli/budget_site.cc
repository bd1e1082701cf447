#include "budget_site.h"

#include <fmt/format.h>

#include <span>
#include <string_view>

#include "base/ids.h"
#include "hundreds.h"
#include "protocol/keys.h"

#include <rqpp/error.h>

// A worker's keys have fixed names, so a private corner is a database of its own: there the worker
// meets no leases of others, nobody sees the queue, and what is left over is surely ours. The
// database is claimed by a key, so that two budgets at once do not share one, and so that it is
// not given to us when somebody filled it meanwhile.
namespace rqpp::cli {
namespace {

namespace keys = protocol::keys;

constexpr std::size_t kTokenSize = 12;  // names as long as people's
constexpr std::string_view kClaim = "rqpp:budget";
constexpr int kClaimSeconds = 3'600;
constexpr int kJobSeconds = 600;
constexpr int kHighestDatabase = 15;  // of the 16 that Redis has by default

bool has_keys(std::string_view keyspace, int db) {
  return keyspace.find(fmt::format("db{}:", db)) != std::string_view::npos;
}

/// True if the database was empty and is ours now.
bool claims(redis::Connection& connection, const std::string& token) {
  redis::Batch claim;
  claim.add("SET", kClaim, token, "NX", "EX", kClaimSeconds);
  claim.add("DBSIZE");
  const auto replies = connection.run(claim.atomic());
  const bool got_it = !replies.at(0).is_nil();
  const bool was_empty = replies.at(1).number == 1;
  if (got_it && !was_empty) connection.run(redis::Batch{}.add("DEL", kClaim));
  return got_it && was_empty;
}

std::vector<std::string> keys_of_job(const std::string& id) {
  return {keys::job(id), keys::results(id), keys::executions(id), keys::dependents(id),
          keys::dependencies(id)};
}

std::vector<std::string> keys_of_queue(const std::string& queue) {
  return {keys::queue(queue),        keys::wip(queue),      keys::finished(queue),
          keys::failed(queue),       keys::deferred(queue), keys::scheduled(queue),
          keys::canceled(queue),     keys::ready(queue),    keys::intermediate(queue),
          keys::maintenance(queue),  keys::paused(queue),   keys::scheduler_lock(queue),
          keys::queue_workers(queue)};
}

}  // namespace

BudgetSite::BudgetSite(const redis::Settings& settings, BudgetPlace place)
    : connection_(settings), place_(place), token_(base::new_uuid_hex().substr(0, kTokenSize)) {
  queues_ = {"budget-" + token_, "budget-rest-" + token_};
  worker_ = "budget-" + token_;
  if (place_ == BudgetPlace::empty_database) claim_database(settings);
}

BudgetSite::~BudgetSite() {
  if (removed_) return;
  try {
    remove();
  } catch (const std::exception&) {
    // Whatever brought us here is told to the user; Redis is gone, or what is left expires.
  }
}

void BudgetSite::claim_database(const redis::Settings& settings) {
  const auto keyspace = connection_.run(redis::Batch{}.add("INFO", "keyspace")).at(0).text;
  for (int db = kHighestDatabase; db > 0; --db) {
    if (has_keys(keyspace, db)) continue;
    redis::Settings other = settings;
    other.db = db;
    connection_ = redis::Connection(other);
    try {
      if (claims(connection_, token_)) return;
    } catch (const CommandError&) {
      break;  // there are no others, as in a cluster, or not for this user
    }
  }
  throw Error(
      "there is no database from 15 to 1 that is empty and may be used. With --here it is measured "
      "in the database of the URL, under names of its own.");
}

std::string BudgetSite::new_job_id() { return fmt::format("budget-{}-{}", token_, ++named_); }

void BudgetSite::let_expire() {
  const std::vector<std::string> fresh(jobs_.begin() + static_cast<std::ptrdiff_t>(expiring_),
                                       jobs_.end());
  expiring_ = jobs_.size();
  for_each_hundred(fresh, [this](std::span<const std::string> ids) {
    redis::Batch batch;
    for (const std::string& id : ids) batch.add("EXPIRE", keys::job(id), kJobSeconds);
    connection_.run(batch);
  });
  redis::Batch batch;
  for (const std::string& queue : queues_) {
    for (const std::string& key : keys_of_queue(queue)) batch.add("EXPIRE", key, kJobSeconds);
  }
  connection_.run(batch);
}

void BudgetSite::remove() {
  remove_jobs();
  redis::Batch batch;
  if (const std::string incarnation = this->incarnation(); !incarnation.empty()) {
    batch.add("ZREM", keys::kLeases, incarnation);
    batch.add("UNLINK", keys::runs(incarnation), keys::inbox(incarnation));
  }
  for (const std::string& queue : queues_) {
    batch.add("SREM", keys::kQueues, keys::queue(queue));
    batch.add("UNLINK").more_of(keys_of_queue(queue));
  }
  batch.add("SREM", keys::kWorkers, keys::worker(worker_));
  batch.add("UNLINK", keys::worker(worker_), keys::worker_executions(worker_));
  connection_.run(batch);
  if (place_ == BudgetPlace::empty_database) sweep();
  removed_ = true;
}

std::string BudgetSite::incarnation() {
  const auto field = redis::Batch{}.add("HGET", keys::worker(worker_), "rqpp_worker");
  return connection_.run(field).at(0).text;
}

void BudgetSite::remove_jobs() {
  for_each_hundred(jobs_, [this](std::span<const std::string> ids) {
    redis::Batch runs;
    for (const std::string& id : ids) runs.add("ZRANGE", keys::executions(id), 0, 99);
    const auto replies = connection_.run(runs);
    redis::Batch batch;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      batch.add("UNLINK").more_of(keys_of_job(ids[i]));
      for (const redis::Reply& run : replies.at(i).elements) {
        batch.more(keys::execution(ids[i], run.text));
      }
    }
    batch.add("ZREM", keys::kReleases).more_of(ids);
    connection_.run(batch);
  });
  jobs_.clear();
  expiring_ = 0;
}

// The database was empty when it became ours, so keys of the wire are ours, such as those that a
// scheduler leaves to expire. Keys of other kinds are somebody's who came later.
void BudgetSite::sweep() {
  constexpr int kPages = 100;
  std::string cursor = "0";
  for (int page = 0; page < kPages; ++page) {
    const auto found = connection_.run(redis::Batch{}.add("SCAN", cursor, "COUNT", 100)).at(0);
    redis::Batch batch;
    for (const redis::Reply& key : found.elements.at(1).elements) {
      if (key.text.starts_with("rq:") || key.text.starts_with("rqpp:")) {
        batch.add("UNLINK", key.text);
      }
    }
    if (!batch.empty()) connection_.run(batch);
    cursor = found.elements.at(0).text;
    if (cursor == "0") return;
  }
}

}  // namespace rqpp::cli
