#include "doctor/job_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include "protocol/job_record.h"
#include "protocol/keys.h"

#include <rqpp/error.h>

namespace rqpp::doctor {
namespace {

constexpr std::string_view kJob = "rq:job:";
constexpr std::string_view kResults = "rq:results:";
constexpr std::size_t kJobsAtOnce = 50;

/// Those that end a worker of Python if they are malformed, and are short.
constexpr std::array<std::string_view, 11> kFields{
    "status",  "created_at", "enqueued_at", "started_at", "ended_at",    "last_heartbeat",
    "timeout", "result_ttl", "failure_ttl", "ttl",        "retries_left"};

/// The id in `rq:job:<id>`; empty for the sets beside it.
std::string_view job_id(std::string_view key) {
  if (!key.starts_with(kJob)) return {};
  key.remove_prefix(kJob.size());
  return key.find(':') == std::string_view::npos ? key : std::string_view{};
}

std::string wrong_type(const std::string& type) {
  return fmt::format("its key is a {}, not a hash", type);
}

redis::Batch ask_about(std::span<const std::string> ids) {
  redis::Batch batch;
  for (const std::string& id : ids) {
    const std::string key = protocol::keys::job(id);
    batch.add("HSTRLEN", key, "data");
    batch.add("HMGET", key).more_of(kFields);
  }
  return batch;
}

/// What is wrong with the fields, or nothing.
std::optional<std::string> fault_of(const std::string& id, const redis::Reply& values) {
  if (values.elements.size() != kFields.size()) return std::nullopt;  // refused
  std::vector<redis::Reply> pairs;
  const auto add = [&pairs](std::string_view name, redis::Reply value) {
    pairs.push_back({.type = redis::Reply::Type::string, .text = std::string(name)});
    pairs.push_back(std::move(value));
  };
  add("data", {.type = redis::Reply::Type::string, .text = "not fetched"});
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    if (values.elements[i].is_text()) add(kFields[i], values.elements[i]);
  }
  try {
    (void)protocol::read_whole_job(id, pairs);
    return std::nullopt;
  } catch (const DecodeError& error) {
    return std::string(error.what()).substr(0, kMostNameBytes);
  }
}

void read_jobs(std::span<const std::string> ids, const std::vector<redis::Reply>& replies,
               const std::set<std::string>& staying, RqFacts& facts) {
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const redis::Reply& call = replies.at(2 * i);
    const redis::Reply& values = replies.at(2 * i + 1);
    if (call.is_error() || values.is_error()) continue;
    ++facts.jobs_looked_at;
    if (call.number == 0) {
      // No job, or what is left of one; what expires goes by itself.
      if (staying.count(ids[i]) == 0) continue;
      facts.leaks.push_back(
          {.kind = Leak::Kind::ghost, .job_id = ids[i], .key = protocol::keys::job(ids[i])});
    } else if (auto fault = fault_of(ids[i], values)) {
      facts.broken.push_back({.id = ids[i], .what = std::move(*fault)});
    }
  }
}

}  // namespace

void check_jobs(Probe& probe, const std::vector<ScannedKey>& keys,
                const std::vector<std::string>& ids, RqFacts& facts) {
  std::vector<std::string> wanted;
  std::set<std::string> staying;  // hashes without a time to live
  for (const std::string& id : ids) {
    if (wanted.size() < kMostJobs) wanted.push_back(id);
  }
  for (const ScannedKey& key : keys) {
    const std::string id(job_id(key.name));
    if (id.empty()) continue;
    if (key.type != "hash") {
      facts.broken.push_back({.id = id, .what = wrong_type(key.type)});
      continue;
    }
    if (!key.expires) staying.insert(id);
    if (wanted.size() < kMostJobs) wanted.push_back(id);
  }
  std::sort(wanted.begin(), wanted.end());
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  for (std::size_t begin = 0; begin < wanted.size(); begin += kJobsAtOnce) {
    const auto some =
        std::span(wanted).subspan(begin, std::min(kJobsAtOnce, wanted.size() - begin));
    read_jobs(some, probe.ask("RQ's jobs", ask_about(some)), staying, facts);
  }
}

void check_leaks(Probe& probe, const std::vector<ScannedKey>& keys, RqFacts& facts) {
  std::vector<Leak> results;
  redis::Batch batch;
  for (const ScannedKey& key : keys) {
    if (key.expires) continue;
    if (key.name.starts_with(kResults) && key.type == "stream") {
      const std::string id = key.name.substr(kResults.size());
      results.push_back({.kind = Leak::Kind::result, .job_id = id, .key = key.name});
      batch.add("PTTL", protocol::keys::job(id));
    } else if (key.name.starts_with("rq:execution:") || key.name.starts_with("rq:executions:")) {
      facts.leaks.push_back({.kind = Leak::Kind::execution, .key = key.name});
    }
  }
  const auto replies = probe.ask("RQ's results", batch);
  for (std::size_t i = 0; i < results.size(); ++i) {
    const redis::Reply& left = replies.at(i);
    const bool job_stays = left.type != redis::Reply::Type::integer || left.number == -1;
    if (!job_stays) facts.leaks.push_back(std::move(results[i]));
  }
}

}  // namespace rqpp::doctor
