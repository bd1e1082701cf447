#include "top_reader.h"

#include <algorithm>
#include <set>

#include "all_names.h"
#include "base/clock.h"
#include "doctor/sampler.h"
#include "hundreds.h"
#include "protocol/queries.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using Replies = std::vector<redis::Reply>;

/// Those of `asked` that are not among the workers, sorted.
std::vector<std::string> missing(std::vector<std::string> asked,
                                 const std::vector<protocol::WorkerRecord>& workers) {
  std::set<std::string> there;
  for (const auto& worker : workers) there.insert(worker.name);
  std::erase_if(asked, [&there](const std::string& name) { return there.contains(name); });
  std::sort(asked.begin(), asked.end());
  return asked;
}

/// When the run began that this worker says it does; nothing if the job says otherwise.
std::optional<Time> start_of(const TopRun& run, const redis::Reply& reply) {
  if (reply.is_nil()) return std::nullopt;
  try {
    const auto place = protocol::read_job_place(reply);
    // A quick job is not shown as started; what its hash has is of a run before.
    const bool runs = place && place->status == Status::started && place->worker == run.worker;
    return runs ? place->started : std::nullopt;
  } catch (const DecodeError&) {
    return std::nullopt;
  }
}

}  // namespace

TopReader::TopReader(const redis::Settings& settings, std::vector<std::string> queues)
    : connection_(doctor::settings_of_watcher(settings, "rqpp-top")), queues_(std::move(queues)) {}

Replies TopReader::ask(const redis::Batch& batch) {
  if (batch.empty()) return {};
  commands_ += static_cast<std::int64_t>(batch.size());
  Replies replies = connection_.try_run(batch);
  for (redis::Reply& reply : replies) {
    // A key that is not what its name says tells nothing, and hides none of the others.
    if (reply.is_error() && reply.text.starts_with("WRONGTYPE")) reply = {};
  }
  redis::throw_first_error(batch, replies);
  return replies;
}

bool TopReader::knows_names() const {
  if (!named_at_) return false;
  const bool few = names_.queues.size() <= kHundred && names_.workers.size() <= kHundred;
  const std::chrono::seconds lasting{few ? 2 : 10};
  return Clock::now() < *named_at_ + lasting;
}

void TopReader::read_names() {
  const auto run = [this](const redis::Batch& batch) {
    commands_ += static_cast<std::int64_t>(batch.size());
    return connection_.run(batch);
  };
  names_ = {.queues = queues_.empty() ? all_queues(run) : queues_, .workers = all_workers(run)};
}

TopSight TopReader::look() {
  const bool anew = !knows_names();
  if (anew) read_names();
  const auto queues = next_hundred(names_.queues, last_queue_);
  const auto workers = next_hundred(names_.workers, last_worker_);

  redis::Batch batch = ask_queues(queues);
  const std::size_t of_queues = batch.size();
  batch.append(protocol::fetch_workers(workers));
  const Replies replies = ask(batch);
  const auto all = std::span(replies);

  TopSight sight{.at_seconds = std::chrono::duration<double>(Clock::now() - began_).count(),
                 .now = base::now(),
                 .queues = read_queues(queues, all.first(of_queues)),
                 .workers = read_workers(workers, all.subspan(of_queues), queues_)};
  note_unscheduled(sight.queues, anew);
  sight.gone = missing(workers, sight.workers);
  if (anew) {
    sight.names = names_;
    named_at_ = Clock::now();
  }
  if (!queues.empty()) last_queue_ = queues.back();
  if (!workers.empty()) last_worker_ = workers.back();
  ++looks_;
  return sight;
}

/// Asked with the names: that changes as rarely.
void TopReader::note_unscheduled(std::vector<QueueLine>& lines, bool anew) {
  if (anew) {
    cli::note_unscheduled(lines, [this](const redis::Batch& batch) {
      commands_ += static_cast<std::int64_t>(batch.size());
      return connection_.try_run(batch);
    });
  }
  for (QueueLine& line : lines) {
    if (!anew) line.unscheduled = line.counts.scheduled > 0 && unscheduled_.contains(line.name);
    if (line.unscheduled)
      unscheduled_.insert(line.name);
    else
      unscheduled_.erase(line.name);
  }
}

std::vector<std::pair<TopRun, Time>> TopReader::starts(std::span<const TopRun> runs) {
  std::vector<std::string> ids;
  for (const TopRun& run : runs) ids.push_back(run.job);
  const Replies replies = ask(protocol::job_places(ids));
  std::vector<std::pair<TopRun, Time>> known;
  for (std::size_t i = 0; i < replies.size(); ++i) {
    if (const auto start = start_of(runs[i], replies[i])) known.emplace_back(runs[i], *start);
  }
  return known;
}

double TopReader::commands_per_look() const {
  return looks_ == 0 ? 0 : static_cast<double>(commands_) / static_cast<double>(looks_);
}

}  // namespace rqpp::cli
