#include "protocol/queries.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "codec/compress.h"
#include "codec/scalars.h"
#include "codec/timestamp.h"
#include "protocol/keys.h"
#include "redis/scan.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

constexpr int kPageSize = 100;

template <class Fields>
redis::Batch fetch_hashes(std::span<const std::string> names, std::string (*key)(std::string_view),
                          const Fields& fields) {
  redis::Batch batch;
  for (const std::string& name : names) batch.add("HMGET", key(name)).more_of(fields);
  return batch;
}

/// Of a page of keys, what they name.
Page names_of(const redis::Reply& reply, std::string_view (*name)(std::string_view)) {
  Page page = read_page(reply);
  // Members that are no such key are not ours to judge; they name nothing.
  std::erase_if(page.names, [name](const std::string& key) { return name(key).empty(); });
  for (std::string& key : page.names) key = std::string(name(key));
  return page;
}

constexpr std::int64_t kStamps = 1'000'000;  // see scripts/shared/own.lua

/// Earlier workers wrote +inf for an inherited job that had not begun.
double score_of(const redis::Reply& reply) {
  constexpr double kNever = 1e15;
  return reply.text == "inf" ? kNever
                             : std::clamp(codec::parse_double("runs", reply.text), -1.0, kNever);
}

void check_page(std::int64_t offset, std::int64_t count) {
  // A count of 0 would ask LRANGE for everything.
  if (offset < 0 || count < 1 || offset > std::numeric_limits<std::int64_t>::max() - count) {
    throw InvalidArgument(fmt::format(
        "cannot list {} ids from {}: use an offset of 0 or more and a count of 1 or more", count,
        offset));
  }
}

}  // namespace

redis::Batch fetch_jobs(std::span<const std::string> ids) {
  return fetch_hashes(ids, keys::job, kJobFields);
}

redis::Batch job_exists(std::string_view id) {
  return redis::Batch{}.add("HEXISTS", keys::job(id), "data");
}

redis::Batch job_status(std::string_view id) {
  return redis::Batch{}.add("HGET", keys::job(id), "status");
}

redis::Batch job_places(std::span<const std::string> ids) {
  return fetch_hashes(
      ids, keys::job,
      std::array<std::string_view, 4>{"status", "worker_name", "started_at", "created_at"});
}

std::optional<JobPlace> read_job_place(const redis::Reply& reply) {
  if (reply.elements.size() != 4) throw DecodeError("HMGET answered in an unknown form");
  const bool exists = std::any_of(reply.elements.begin(), reply.elements.end(),
                                  [](const redis::Reply& field) { return !field.is_nil(); });
  if (!exists) return std::nullopt;
  return JobPlace{.status = read_status(reply.elements[0].text),
                  .worker = reply.elements[1].text,
                  .started = codec::parse_iso(reply.elements[2].text)};
}

redis::Batch job_meta(std::string_view id) {
  return redis::Batch{}.add("HGET", keys::job(id), "meta").append(job_exists(id));
}

redis::Batch due_time(std::string_view queue, std::string_view id) {
  return redis::Batch{}.add("ZSCORE", keys::scheduled(queue), id);
}

std::optional<Time> read_due_time(const redis::Reply& reply) {
  if (reply.is_nil()) return std::nullopt;
  return codec::parse_epoch(reply.text);
}

redis::Batch queue_page(std::string_view queue, std::int64_t offset, std::int64_t count) {
  check_page(offset, count);
  return redis::Batch{}.add("LRANGE", keys::queue(queue), offset, offset + count - 1);
}

std::vector<std::string> read_ids(const redis::Reply& reply) {
  std::vector<std::string> ids;
  ids.reserve(reply.elements.size());
  for (const redis::Reply& element : reply.elements) ids.push_back(element.text);
  return ids;
}

redis::Batch queue_size(std::string_view queue) {
  return redis::Batch{}.add("LLEN", keys::queue(queue));
}

redis::Batch last_write_of(std::string_view sender) {
  return redis::Batch{}.add("GET", keys::write_count(sender));
}

std::int64_t read_last_write(const redis::Reply& reply) {
  return reply.is_nil() ? 0 : codec::parse_int("producer", reply.text, "a number of writes");
}

redis::Batch failed_among(std::string_view queue, std::span<const std::string> ids) {
  return redis::Batch{}.add("ZMSCORE", keys::failed(queue)).more_of(ids);
}

redis::Batch latest_results(std::string_view job_id, int count) {
  return redis::Batch{}.add("XREVRANGE", keys::results(job_id), "+", "-", "COUNT", count);
}

std::vector<ResultRecord> read_results(const redis::Reply& reply) {
  std::vector<ResultRecord> results;
  for (const redis::Reply& entry : reply.elements) results.push_back(read_result(entry));
  return results;
}

redis::Batch newest_outcomes(std::span<const std::string> job_ids) {
  redis::Batch batch;
  for (const std::string& id : job_ids) {
    batch.add("HGET", keys::job(id), "status");
    batch.append(latest_results(id, 1));
  }
  return batch.atomic();
}

NewestOutcome read_newest_outcome(const redis::Reply& status, const redis::Reply& results) {
  NewestOutcome outcome;
  if (!status.is_nil()) outcome.status = read_status(status.text);
  std::vector<ResultRecord> newest = read_results(results);
  if (!newest.empty()) outcome.result = std::move(newest.front());
  return outcome;
}

redis::Batch outcome_in_hash(std::string_view job_id) {
  return redis::Batch{}.add("HMGET", keys::job(job_id), "result", "exc_info");
}

std::optional<ResultRecord> read_outcome_in_hash(const redis::Reply& reply) {
  if (reply.elements.size() != 2) throw DecodeError("HMGET answered in an unknown form");
  const std::string& value = reply.elements[0].text;
  const std::string& error = reply.elements[1].text;
  if (!value.empty()) return ResultRecord{.return_value = value};
  if (error.empty()) return std::nullopt;
  return ResultRecord{.type = ResultRecord::Type::failed, .exc_info = codec::inflate_or_raw(error)};
}

redis::Batch await_result(std::string_view job_id, std::string_view after,
                          std::chrono::milliseconds timeout) {
  return redis::Batch{}.add("XREAD", "COUNT", 1, "BLOCK", timeout.count(), "STREAMS",
                            keys::results(job_id), after);
}

std::optional<ResultRecord> read_awaited_result(const redis::Reply& reply) {
  if (reply.is_nil()) return std::nullopt;
  if (reply.elements.size() != 1 || reply.elements[0].elements.size() != 2 ||
      reply.elements[0].elements[1].elements.empty()) {
    throw DecodeError("XREAD answered in an unknown form");
  }
  return read_result(reply.elements[0].elements[1].elements.front());
}

redis::Batch queues_page(std::string_view cursor) {
  return redis::Batch{}.add("SSCAN", keys::kQueues, cursor, "COUNT", kPageSize);
}

redis::Batch workers_page(std::string_view cursor) {
  return redis::Batch{}.add("SSCAN", keys::kWorkers, cursor, "COUNT", kPageSize);
}

Page read_page(const redis::Reply& reply) {
  redis::ScanPage page = redis::read_scan_page(redis::ScanTarget::Kind::set, reply);
  return {.cursor = std::move(page.cursor), .names = std::move(page.elements)};
}

Page read_queues_page(const redis::Reply& reply) { return names_of(reply, keys::queue_name); }
Page read_workers_page(const redis::Reply& reply) { return names_of(reply, keys::worker_name); }

redis::Batch fetch_workers(std::span<const std::string> names) {
  return fetch_hashes(names, keys::worker, kWorkerFields);
}

redis::Batch worker_standing(std::string_view worker) {
  constexpr int kMost = 100'000;  // far above what one worker ever claims
  return redis::Batch{}
      .add("HGET", keys::worker(name_of(worker)), "birth")
      .add("ZRANGE", keys::runs(worker), 0, kMost, "WITHSCORES");
}

Standing read_worker_standing(std::span<const redis::Reply> replies) {
  if (replies.size() != 2 || replies[1].elements.size() % 2 != 0) {
    throw DecodeError("the worker's standing was read in an unknown form");
  }
  Standing standing{.has_hash = !replies[0].is_nil()};
  const std::vector<redis::Reply>& items = replies[1].elements;
  std::int64_t begun = 2 * kStamps - 1;
  std::vector<std::int64_t> scores;
  for (std::size_t i = 0; i < items.size(); i += 2) {
    const std::string& member = items[i].text;
    const double score = score_of(items[i + 1]);
    const std::size_t colon = member.rfind(':');
    if (member == "begun") begun = static_cast<std::int64_t>(score);
    if (colon == std::string::npos) continue;
    standing.runs.push_back({.job_id = member.substr(0, colon),
                             .execution_id = member.substr(colon + 1),
                             .shown = score == 0,
                             .begun = true});
    const auto told = static_cast<std::int64_t>(score);
    scores.push_back(told);
    if (told >= 2 * kStamps) standing.runs.back().claim = told / kStamps;
    if (told >= kStamps) standing.runs.back().stamp = static_cast<int>(told % kStamps);
  }
  for (std::size_t i = 0; i < scores.size(); ++i) standing.runs[i].begun = scores[i] <= begun;
  return standing;
}

redis::Batch worker_rests(std::span<const std::string> names) {
  constexpr int kMost = 10;
  redis::Batch batch;
  for (const std::string& name : names) {
    batch.add("HMGET", keys::worker(name), "birth", "death", "current_job");
    batch.add("SRANDMEMBER", keys::worker_executions(name), kMost);
  }
  return batch;
}

WorkerRest read_worker_rest(std::span<const redis::Reply> replies) {
  if (replies.size() != 2 || replies[0].elements.size() != 3) {
    throw DecodeError("a worker's hash was read in an unknown form");
  }
  const std::vector<redis::Reply>& fields = replies[0].elements;
  WorkerRest rest{.alive = !fields[0].is_nil() && fields[1].is_nil(), .birth = fields[0].text};
  for (const std::string& member : read_ids(replies[1])) {
    rest.job_ids.push_back(member.substr(0, member.find(':')));
  }
  // Before RQ 2.11 a worker says so in its hash only.
  if (rest.job_ids.empty() && !fields[2].text.empty()) rest.job_ids.push_back(fields[2].text);
  return rest;
}

redis::Batch queue_counts(std::string_view queue) {
  redis::Batch batch;
  batch.add("LLEN", keys::queue(queue));
  for (const auto& key : {keys::wip(queue), keys::finished(queue), keys::failed(queue),
                          keys::deferred(queue), keys::scheduled(queue), keys::canceled(queue)}) {
    batch.add("ZCARD", key);
  }
  return batch;
}

QueueCounts read_queue_counts(std::span<const redis::Reply> replies) {
  if (replies.size() != 7) {
    throw DecodeError(fmt::format("a queue has 7 counts, Redis answered {}", replies.size()));
  }
  return {.queued = replies[0].number,
          .started = replies[1].number,
          .finished = replies[2].number,
          .failed = replies[3].number,
          .deferred = replies[4].number,
          .scheduled = replies[5].number,
          .canceled = replies[6].number};
}

}  // namespace rqpp::protocol
