#include "protocol/keys.h"

namespace rqpp::protocol::keys {
namespace {

constexpr std::string_view kQueue = "rq:queue:";
constexpr std::string_view kWorker = "rq:worker:";

std::string join(std::string_view a, std::string_view b, std::string_view c = {},
                 std::string_view d = {}) {
  std::string key;
  key.reserve(a.size() + b.size() + c.size() + d.size());
  return key.append(a).append(b).append(c).append(d);
}

std::string_view without(std::string_view prefix, std::string_view key) {
  return key.starts_with(prefix) ? key.substr(prefix.size()) : std::string_view{};
}

}  // namespace

std::string queue(std::string_view name) { return join(kQueue, name); }
std::string job(std::string_view id) { return join("rq:job:", id); }
std::string dependents(std::string_view id) { return join("rq:job:", id, ":dependents"); }
// The double colon is RQ's.
std::string dependencies(std::string_view id) { return join("rq:job::", id, ":dependencies"); }
std::string results(std::string_view id) { return join("rq:results:", id); }
std::string executions(std::string_view id) { return join("rq:executions:", id); }
std::string execution(std::string_view id, std::string_view execution) {
  return join("rq:execution:", id, ":", execution);
}

std::string wip(std::string_view queue) { return join("rq:wip:", queue); }
std::string finished(std::string_view queue) { return join("rq:finished:", queue); }
std::string failed(std::string_view queue) { return join("rq:failed:", queue); }
std::string deferred(std::string_view queue) { return join("rq:deferred:", queue); }
std::string scheduled(std::string_view queue) { return join("rq:scheduled:", queue); }
std::string canceled(std::string_view queue) { return join("rq:canceled:", queue); }
std::string ready(std::string_view queue) { return join("rq:ready:", queue); }
std::string intermediate(std::string_view queue) { return join(kQueue, queue, ":intermediate"); }
std::string first_seen(std::string_view queue, std::string_view id) {
  return join(intermediate(queue), ":first_seen:", id);
}
std::string maintenance(std::string_view queue) { return join("rq:clean_registries:", queue); }
std::string group(std::string_view name) { return join("rq:group:", name); }

std::string worker(std::string_view name) { return join(kWorker, name); }
std::string worker_executions(std::string_view name) { return join(kWorker, name, ":executions"); }
std::string queue_workers(std::string_view queue) { return join("rq:workers:", queue); }

std::string scheduler_lock(std::string_view queue) { return join("rq:scheduler-lock:", queue); }
std::string scheduler(std::string_view name) { return join("rq:scheduler:", name); }

std::string limit(std::string_view key) { return join("rq:rl:", key); }
std::string allowed(std::string_view key) { return join("rq:rl:", key, ":allowed"); }
std::string rate_limited(std::string_view key) { return join("rq:rl:", key, ":rate_limited"); }

std::string cron_scheduler(std::string_view name) { return join("rq:cron_scheduler:", name); }
std::string cron_jobs(std::string_view entry) { return join("rq:cron_job:", entry, ":jobs"); }
std::string cron_leader(std::string_view group) { return join("rqpp:cron:", group, ":leader"); }
std::string cron_runs(std::string_view group) { return join("rqpp:cron:", group); }

std::string paused(std::string_view queue) { return join("rqpp:paused:", queue); }

std::string write_count(std::string_view sender) { return join("rqpp:feeder:", sender); }

std::string unique(std::string_view fingerprint) { return join("rqpp:unique:", fingerprint); }

std::string runs(std::string_view worker) { return join("rqpp:runs:", worker); }
std::string inbox(std::string_view worker) { return join("rqpp:inbox:", worker); }

std::string commands(std::string_view worker) { return join("rq:pubsub:", worker); }

std::string_view queue_name(std::string_view key) { return without(kQueue, key); }
std::string_view worker_name(std::string_view key) { return without(kWorker, key); }

}  // namespace rqpp::protocol::keys
