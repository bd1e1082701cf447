#include <fmt/format.h>

#include <optional>

#include "doctor/info_text.h"
#include "doctor/quantities.h"
#include "doctor/rules.h"
#include "doctor/thresholds.h"

namespace rqpp::doctor {
namespace {

std::string setting(const Facts& facts, const std::string& name) {
  const auto found = facts.server.config.find(name);
  return found == facts.server.config.end() ? std::string() : found->second;
}

std::optional<std::int64_t> number(const Facts& facts, const std::string& name) {
  return parse_whole(setting(facts, name));
}

void find_eviction(const Facts& facts, Findings& findings) {
  const std::string policy = setting(facts, "maxmemory-policy");
  const std::int64_t limit = facts.after.max_memory.value_or(0);
  const std::int64_t evicted =
      growth(facts.before.evicted_keys.value_or(0), facts.after.evicted_keys.value_or(0));
  if (!facts.rq || limit <= 0 || policy.empty() || policy == "noeviction") return;
  const bool takes_all = policy.starts_with("allkeys");
  findings.push_back(
      {.id = "eviction",
       .severity = takes_all || evicted > 0 ? Severity::critical : Severity::warning,
       .subject = policy,
       .title =
           fmt::format("maxmemory-policy {} may throw {} away{}", policy,
                       takes_all ? "jobs that wait" : "results and the hashes of workers",
                       evicted > 0 ? fmt::format("; {} keys went meanwhile", count_text(evicted))
                                   : std::string()),
       .why = takes_all
                  ? "When the memory is full Redis deletes any key, a queue or a job as well: "
                    "such jobs are lost without a trace."
                  : "When the memory is full Redis deletes keys with a time to live: results "
                    "and ended jobs before their time, and the hashes of living workers, "
                    "which then count as dead.",
       .cure = "`CONFIG SET maxmemory-policy noeviction`, and in redis.conf: enqueueing then fails "
               "with an error instead. A cache and a queue want different policies: give each a "
               "Redis of its own."});
}

void find_full_memory(const Facts& facts, Findings& findings) {
  const auto used = static_cast<double>(facts.after.memory.value_or(0));
  const auto limit = static_cast<double>(facts.after.max_memory.value_or(0));
  if (limit <= 0 || used < kMemoryWarning * limit) return;
  const bool refuses = setting(facts, "maxmemory-policy") == "noeviction";
  findings.push_back(
      {.id = "memory-full",
       .severity = used >= kMemoryCritical * limit ? Severity::critical : Severity::warning,
       .subject = "maxmemory",
       .title = fmt::format("{} of maxmemory are in use: {} of {}", share_text(used / limit),
                            bytes_text(used), bytes_text(limit)),
       .why = refuses
                  ? "At the limit Redis refuses every write (OOM): jobs can be neither enqueued "
                    "nor ended."
                  : "At the limit Redis evicts keys at each write, which takes its time as well.",
       .cure = "Find what fills it (the big keys and those that never expire, above, or `redis-cli "
               "--memkeys`), shorten result_ttl and failure_ttl, or raise maxmemory."});
}

void find_fragmentation(const Facts& facts, Findings& findings) {
  if (!facts.after.fragmentation || !facts.after.memory || !facts.after.rss) return;
  const double ratio = *facts.after.fragmentation;
  const double wasted =
      static_cast<double>(*facts.after.rss) - static_cast<double>(*facts.after.memory);
  if (ratio >= kFragmented && wasted >= kFragmentedBytes) {
    findings.push_back(
        {.id = "fragmentation",
         .severity = Severity::warning,
         .subject = "memory",
         .title = fmt::format("Memory is fragmented: Redis holds {} for {} of data",
                              bytes_text(static_cast<double>(*facts.after.rss)),
                              bytes_text(static_cast<double>(*facts.after.memory))),
         .why = "The machine has that much less, although Redis does not use it.",
         .cure = "`CONFIG SET activedefrag yes` where Redis has it (jemalloc), else a restart or a "
                 "failover."});
  } else if (ratio > 0 && ratio < kSwapped && *facts.after.memory >= kFragmentedBytes) {
    findings.push_back(
        {.id = "swapped",
         .severity = Severity::critical,
         .subject = "memory",
         .title = fmt::format("A part of Redis' memory is swapped out: {} of {} are in memory",
                              bytes_text(static_cast<double>(*facts.after.rss)),
                              bytes_text(static_cast<double>(*facts.after.memory))),
         .why = "Each key that is on disk stops everybody for milliseconds.",
         .cure = "Give the machine more memory or Redis less (maxmemory), and turn swap off."});
  }
}

/// `3600 1 300 100`: pairs of seconds and changes.
std::optional<std::int64_t> most_frequent_save(const std::string& save) {
  std::optional<std::int64_t> soonest;
  std::size_t at = 0;
  while (at < save.size()) {
    const std::size_t end = save.find(' ', at);
    const auto seconds = parse_whole(save.substr(at, end - at));
    if (seconds && (!soonest || *seconds < *soonest)) soonest = seconds;
    const std::size_t changes = end == std::string::npos ? end : save.find(' ', end + 1);
    if (changes == std::string::npos) break;
    at = changes + 1;
  }
  return soonest;
}

void find_failed_persistence(const Facts& facts, Findings& findings) {
  if (!facts.server.background_save_failed && !facts.server.append_only_failed) return;
  const char* what = facts.server.append_only_failed ? "append-only file" : "snapshot";
  findings.push_back(
      {.id = "persistence-failed",
       .severity = Severity::critical,
       .subject = what,
       .title = fmt::format("Redis cannot write its {}", what),
       .why =
           "What changed since is lost when Redis ends, and by default Redis refuses every write "
           "until it can save again (MISCONF).",
       .cure = "Redis' log says why: mostly a full disk, a folder without permission, or no memory "
               "for the fork (vm.overcommit_memory = 1)."});
}

void find_persistence(const Facts& facts, Findings& findings) {
  constexpr std::int64_t kTooOften = 30;
  const bool appends = setting(facts, "appendonly") == "yes";
  const auto save = most_frequent_save(setting(facts, "save"));
  if (appends && setting(facts, "appendfsync") == "always") {
    findings.push_back(
        {.id = "persistence",
         .severity = Severity::warning,
         .subject = "appendfsync",
         .title = "appendfsync always: each write waits for the disk",
         .why = "Redis serves nobody while the disk syncs: some hundred writes per second on many "
                "disks.",
         .cure = "`CONFIG SET appendfsync everysec`: at most a second is lost when the machine "
                 "fails, nothing when only Redis does."});
  }
  if (save && *save < kTooOften) {
    findings.push_back(
        {.id = "persistence",
         .severity = Severity::warning,
         .subject = "save",
         .title = fmt::format("save {}: Redis forks and writes all its data each {} s",
                              setting(facts, "save"), *save),
         .why = "A fork stops Redis for some 10 ms per GB, then each changed page is copied.",
         .cure =
             "`CONFIG SET save \"3600 1 300 100\"`, with appendonly yes if minutes are too much "
             "to lose."});
  }
  if (facts.rq && facts.server.config.count("save") > 0 && !appends && !save) {
    findings.push_back({.id = "persistence",
                        .severity = Severity::note,
                        .subject = "appendonly",
                        .title = "Nothing is written to disk: jobs are gone when Redis ends",
                        .why = "A restart, an update or a crash of Redis empties all queues.",
                        .cure = "`CONFIG SET appendonly yes`, and in redis.conf."});
  }
}

void find_slow_log_settings(const Facts& facts, Findings& findings) {
  const auto slower_than = number(facts, "slowlog-log-slower-than");
  if (!slower_than) return;
  if (*slower_than < 0 || number(facts, "slowlog-max-len") == 0) {
    findings.push_back({.id = "slow-log",
                        .severity = Severity::warning,
                        .subject = "slowlog-log-slower-than",
                        .title = "The slow log is off",
                        .why = "Nobody can tell afterwards which command held Redis up.",
                        .cure = "`CONFIG SET slowlog-log-slower-than 10000` and `CONFIG SET "
                                "slowlog-max-len 128`: it costs nothing."});
  } else if (*slower_than == 0) {
    findings.push_back({.id = "slow-log",
                        .severity = Severity::warning,
                        .subject = "slowlog-log-slower-than",
                        .title = "The slow log takes every command",
                        .why = "Each command is copied, and the slow ones are pushed out at once.",
                        .cure = "`CONFIG SET slowlog-log-slower-than 10000`."});
  }
}

void find_kind(const Facts& facts, Findings& findings) {
  if (facts.server.mode == "cluster") {
    findings.push_back(
        {.id = "cluster",
         .severity = facts.rq ? Severity::warning : Severity::note,
         .subject = "cluster",
         .title = "This is one node of a cluster: the others were not looked at",
         .why = facts.rq ? "RQ's keys have no hash tags: its transactions and scripts fail as soon "
                           "as two keys are on two nodes."
                         : "Each node has its own load and its own keys.",
         .cure = facts.rq ? "Give RQ a Redis without cluster, or a cluster of one node."
                          : "Visit each node: `redis-cli cluster nodes` has their addresses."});
  }
  if (facts.server.role == "slave") {
    findings.push_back({.id = "replica",
                        .severity = Severity::note,
                        .subject = "replica",
                        .title = "This is a replica: it shows what its master wrote, and only its "
                                 "own readers",
                        .why = "Writes, and most of the load, are at the master.",
                        .cure = "Visit the master: `redis-cli info replication` has its address."});
  }
}

}  // namespace

void find_about_server(const Facts& facts, Findings& findings) {
  find_eviction(facts, findings);
  find_full_memory(facts, findings);
  find_fragmentation(facts, findings);
  find_failed_persistence(facts, findings);
  find_persistence(facts, findings);
  find_slow_log_settings(facts, findings);
  find_kind(facts, findings);
}

}  // namespace rqpp::doctor
