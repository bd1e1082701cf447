#include "overview.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "all_names.h"
#include "codec/timestamp.h"
#include "hundreds.h"
#include "protocol/scheduling.h"

namespace rqpp::cli {
namespace {

bool listens_to_one(const protocol::WorkerRecord& worker, const std::vector<std::string>& queues) {
  return queues.empty() || std::any_of(queues.begin(), queues.end(), [&worker](const auto& name) {
           return std::count(worker.queues.begin(), worker.queues.end(), name) > 0;
         });
}

Json json_of(const std::optional<Time>& time) {
  return time ? Json(codec::format_iso(*time)) : Json();
}

Json to_json(const QueueLine& line) {
  const protocol::QueueCounts& counts = line.counts;
  return {{"name", line.name},
          {"queued", counts.queued},
          {"started", counts.started},
          {"finished", counts.finished},
          {"failed", counts.failed},
          {"deferred", counts.deferred},
          {"scheduled", counts.scheduled},
          {"canceled", counts.canceled},
          {"unscheduled", line.unscheduled}};
}

Json to_json(const protocol::WorkerRecord& worker) {
  return {{"name", worker.name},
          {"state", worker.state},
          {"queues", worker.queues},
          {"hostname", worker.hostname},
          {"ip_address", worker.ip_address},
          {"pid", worker.pid},
          {"version", worker.version},
          {"birth", json_of(worker.birth)},
          {"last_heartbeat", json_of(worker.last_heartbeat)},
          {"current_job", worker.current_job.empty() ? Json(nullptr) : Json(worker.current_job)},
          {"successful_job_count", worker.successful_job_count},
          {"failed_job_count", worker.failed_job_count},
          {"total_working_time", worker.total_working_time_seconds}};
}

}  // namespace

redis::Batch ask_queues(std::span<const std::string> names) {
  redis::Batch batch;
  for (const std::string& name : names) batch.append(protocol::queue_counts(name));
  return batch;
}

std::vector<QueueLine> read_queues(std::span<const std::string> names,
                                   std::span<const redis::Reply> replies) {
  if (names.empty()) return {};
  const std::size_t each = replies.size() / names.size();
  std::vector<QueueLine> lines;
  for (std::size_t i = 0; i < names.size(); ++i) {
    lines.push_back({names[i], protocol::read_queue_counts(replies.subspan(i * each, each))});
  }
  return lines;
}

void note_unscheduled(std::vector<QueueLine>& lines,
                      const std::function<std::vector<redis::Reply>(const redis::Batch&)>& ask) {
  std::vector<std::string> queues;
  for (const QueueLine& line : lines) {
    if (line.counts.scheduled > 0) queues.push_back(line.name);
  }
  if (queues.empty()) return;
  const auto replies = ask(protocol::ask_who_schedules(queues));
  for (const auto& found : protocol::read_who_schedules(queues, replies)) {
    for (QueueLine& line : lines) {
      if (line.name == found.queue) line.unscheduled = true;
    }
  }
}

std::vector<protocol::WorkerRecord> read_workers(std::span<const std::string> names,
                                                 std::span<const redis::Reply> replies,
                                                 const std::vector<std::string>& queues) {
  std::vector<protocol::WorkerRecord> workers;
  for (std::size_t i = 0; i < names.size(); ++i) {
    // A worker that died stays in the set of names until somebody cleans up.
    auto worker = protocol::read_worker(names[i], replies[i].elements);
    if (worker && listens_to_one(*worker, queues)) workers.push_back(std::move(*worker));
  }
  return workers;
}

Overview read_overview(redis::Connection& connection, const std::vector<std::string>& queues,
                       Parts parts) {
  Overview overview;
  const auto names = queues.empty() ? all_queues(connection) : queues;
  // Workers by queue need the queues' names too.
  for_each_hundred(names, [&](std::span<const std::string> some) {
    auto lines = read_queues(some, connection.run(ask_queues(some)));
    note_unscheduled(lines, [&](const redis::Batch& batch) { return connection.try_run(batch); });
    std::move(lines.begin(), lines.end(), std::back_inserter(overview.queues));
  });
  if (parts == Parts::queues) return overview;

  const auto workers = all_workers(connection);
  for_each_hundred(workers, [&](std::span<const std::string> some) {
    auto found = read_workers(some, connection.run(protocol::fetch_workers(some)), queues);
    std::move(found.begin(), found.end(), std::back_inserter(overview.workers));
  });
  return overview;
}

Json to_json(const Overview& overview, Parts parts) {
  Json json = Json::object();
  const auto list = [](const auto& items) {
    Json array = Json::array();
    for (const auto& item : items) array.push_back(to_json(item));
    return array;
  };
  if (parts != Parts::workers) json["queues"] = list(overview.queues);
  if (parts != Parts::queues) json["workers"] = list(overview.workers);
  return json;
}

}  // namespace rqpp::cli
