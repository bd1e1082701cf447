#include "top_state.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "doctor/load.h"

namespace rqpp::cli {
namespace {

bool is_busy(const protocol::WorkerRecord& worker) { return worker.state == "busy"; }

bool is_among(const std::vector<std::string>& sorted, const std::string& name) {
  return std::binary_search(sorted.begin(), sorted.end(), name);
}

double difference(std::int64_t before, std::int64_t after) {
  return static_cast<double>(after) - static_cast<double>(before);
}

/// How much more a registry has. That some of its entries were removed is not the opposite.
double entered(std::int64_t before, std::int64_t after) {
  return std::max(difference(before, after), 0.0);
}

template <class Rows, class Name>
auto find_row(Rows& rows, const Name& name_of, const std::string& name) {
  return std::find_if(rows.begin(), rows.end(),
                      [&](const auto& row) { return name_of(row) == name; });
}

const std::string& queue_of(const TopQueue& queue) { return queue.name; }
const std::string& worker_of(const TopWorker& worker) { return worker.record.name; }

template <class Rows, class Name>
void sort_by_activity(Rows& rows, const Name& name_of) {
  std::sort(rows.begin(), rows.end(), [&name_of](const auto& a, const auto& b) {
    const int level_a = a.activity.level();
    const int level_b = b.activity.level();
    return level_a != level_b ? level_a > level_b : name_of(a) < name_of(b);
  });
}

void add_column(doctor::Columns& columns, std::optional<double> value) {
  if (columns.size() == TopState::kMostColumns) columns.erase(columns.begin());
  columns.push_back(value);
}

}  // namespace

std::int64_t jobs_done(const protocol::WorkerRecord& worker) {
  return doctor::growth(0, worker.successful_job_count) +
         doctor::growth(0, worker.failed_job_count);
}

std::int64_t total(const std::vector<TopQueue>& queues,
                   std::int64_t protocol::QueueCounts::*count) {
  std::int64_t sum = 0;
  for (const TopQueue& queue : queues) sum += doctor::growth(0, queue.counts.*count);
  return sum;
}

void TopState::take(const TopSight& sight) {
  now_ = sight.now;
  forget(sight);
  for (const QueueLine& line : sight.queues) take(line, sight.at_seconds);
  for (const auto& record : sight.workers) take(record, sight.at_seconds);
  sort_by_activity(queues_, queue_of);
  sort_by_activity(workers_, worker_of);
  add_column(ended_, ended_per_second());
  add_column(waiting_, static_cast<double>(total(queues_, &protocol::QueueCounts::queued)));
}

void TopState::take(const QueueLine& line, double at) {
  auto queue = find_row(queues_, queue_of, line.name);
  const bool known = queue != queues_.end();
  if (!known) {
    queue =
        queues_.insert(queue, TopQueue{.name = line.name, .counts = line.counts, .seen_at = at});
  }
  const protocol::QueueCounts& before = queue->counts;
  const double seconds = at - queue->seen_at;
  if (known && seconds > 0) {
    queue->change = difference(before.queued, line.counts.queued) / seconds;
    queue->ended = (entered(before.finished, line.counts.finished) +
                    entered(before.failed, line.counts.failed)) /
                   seconds;
  }
  queue->counts = line.counts;
  queue->unscheduled = line.unscheduled;
  queue->seen_at = at;
  // Where much moves, then where something runs, then where something waits.
  const double moved = std::abs(queue->change.value_or(0)) + queue->ended.value_or(0);
  const double running = entered(0, line.counts.started);
  queue->activity.take(moved + running + (line.counts.queued > 0 ? 0.1 : 0), at);
}

void TopState::take(const protocol::WorkerRecord& record, double at) {
  auto worker = find_row(workers_, worker_of, record.name);
  if (worker == workers_.end()) worker = workers_.insert(worker, TopWorker{.record = record});
  if (worker->record.current_job != record.current_job || worker->record.birth != record.birth) {
    worker->job_started.reset();
  }
  worker->record = record;
  worker->done.take(jobs_done(record),
                    is_busy(record) ? ToldRate::Left::unknown : ToldRate::Left::nothing, at);
  worker->activity.take(is_busy(record) ? 1 : 0, at);
}

void TopState::forget(const TopSight& sight) {
  std::erase_if(workers_, [&sight](const TopWorker& worker) {
    const std::string& name = worker.record.name;
    return is_among(sight.gone, name) || (sight.names && !is_among(sight.names->workers, name));
  });
  std::erase_if(queues_, [&sight](const TopQueue& queue) {
    return sight.names && !is_among(sight.names->queues, queue.name);
  });
}

// Two witnesses of the same, each of which may know too little: a registry that somebody cleans up
// or that keeps nothing, and workers that tell late. The higher is the nearer to the truth.
std::optional<double> TopState::ended_per_second() const {
  std::optional<double> by_registries;
  std::optional<double> by_workers;
  for (const TopQueue& queue : queues_) {
    if (queue.ended) by_registries = by_registries.value_or(0) + *queue.ended;
  }
  if (scope_ == TopScope::some_queues) return by_registries;
  for (const TopWorker& worker : workers_) {
    const auto rate = worker.done.per_second();
    if (rate) by_workers = by_workers.value_or(0) + *rate;
  }
  return std::max(by_registries, by_workers);  // nothing is less than any value
}

std::vector<TopRun> TopState::unknown_starts(std::size_t workers) const {
  std::vector<TopRun> runs;
  for (std::size_t i = 0; i < std::min(workers, workers_.size()); ++i) {
    const TopWorker& worker = workers_[i];
    const std::string& job = worker.record.current_job;
    if (!job.empty() && !worker.job_started) runs.push_back({worker.record.name, job});
  }
  return runs;
}

void TopState::learn_start(const TopRun& run, Time started) {
  const auto worker = find_row(workers_, worker_of, run.worker);
  if (worker == workers_.end() || worker->record.current_job != run.job) return;
  worker->job_started = started;
}

}  // namespace rqpp::cli
