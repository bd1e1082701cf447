#include <rqpp/registry.h>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <utility>

#include "client/describe.h"
#include "client/session.h"
#include "protocol/queries.h"
#include "protocol/registry.h"
#include "protocol/transitions.h"

#include <rqpp/error.h>

namespace rqpp {
namespace {

constexpr std::int64_t kSlice = 100;

/// One job as people see it; what cannot be read says why.
JobInfo info_of(const std::string& id, const redis::Reply& fields, bool& gone) {
  try {
    auto job = protocol::read_job(id, fields.elements);
    gone = !job;
    return job ? client::describe(std::move(*job)) : JobInfo{};
  } catch (const DecodeError& error) {
    return {.id = id, .description = fmt::format("(cannot be read: {})", error.what())};
  }
}

bool is_of_task(const JobInfo& job, const std::string& task) {
  try {
    return job.call().function == task;
  } catch (const DecodeError&) {
    return job.description.starts_with(task + "(");  // of a call that only Python can read
  }
}

bool is_older(const JobInfo& job, std::chrono::seconds age, Time now) {
  const std::optional<Time> since = job.ended_at      ? job.ended_at
                                    : job.enqueued_at ? job.enqueued_at
                                                      : job.created_at;
  return since && now - *since >= age;
}

/// Of the newest run; empty if that left none.
std::string error_of(const redis::Reply& results) {
  try {
    const auto newest = protocol::read_results(results);
    return newest.empty() ? std::string() : newest.front().exc_info;
  } catch (const DecodeError&) {
    return {};
  }
}

Registry::BulkResult tally_of(std::span<const redis::Reply> replies) {
  Registry::BulkResult tally;
  for (const redis::Reply& reply : replies) {
    tally.changed += reply.number > 0 ? 1 : 0;
    tally.gone += reply.number == 0 ? 1 : 0;
    tally.unchanged += reply.number < 0 ? 1 : 0;
  }
  return tally;
}

void add(Registry::BulkResult& sum, const Registry::BulkResult& part) {
  sum.changed += part.changed;
  sum.gone += part.gone;
  sum.unchanged += part.unchanged;
}

template <class Function>
Registry::BulkResult in_slices(std::span<const std::string> ids, const Function& function) {
  Registry::BulkResult tally;
  for (std::size_t at = 0; at < ids.size(); at += kSlice) {
    add(tally, function(ids.subspan(at, std::min<std::size_t>(kSlice, ids.size() - at))));
  }
  return tally;
}

}  // namespace

std::int64_t Registry::count() const {
  const auto replies = session_->run(protocol::registry_counts(kind_, queue_, session_->now()));
  return protocol::read_registry_counts(kind_, replies).alive();
}

std::vector<std::string> Registry::ids(std::int64_t offset, std::int64_t count) const {
  redis::Batch batch = protocol::registry_page(kind_, queue_, offset, count);
  batch.append(protocol::registry_counts(kind_, queue_, session_->now()));
  auto replies = session_->run(batch);
  const auto counts = protocol::read_registry_counts(kind_, std::span(replies).subspan(1));
  if (counts.expired == 0) return protocol::read_registry_page(kind_, replies[0]);

  // What has expired stands between what is kept for ever and the rest.
  batch = {};
  const std::int64_t before = std::clamp<std::int64_t>(counts.for_ever - offset, 0, count);
  if (before > 0) batch.append(protocol::registry_page(kind_, queue_, offset, before));
  if (before < count) {
    batch.append(
        protocol::registry_page(kind_, queue_, offset + before + counts.expired, count - before));
  }
  std::vector<std::string> ids;
  for (const redis::Reply& reply : session_->run(batch)) {
    std::vector<std::string> page = protocol::read_registry_page(kind_, reply);
    ids.insert(ids.end(), std::make_move_iterator(page.begin()),
               std::make_move_iterator(page.end()));
  }
  return ids;
}

std::vector<JobInfo> Registry::jobs(std::int64_t offset, std::int64_t count) const {
  const std::vector<std::string> found = ids(offset, count);
  std::vector<JobInfo> jobs;
  if (found.empty()) return jobs;
  const auto replies = session_->run(protocol::fetch_jobs(found));
  for (std::size_t i = 0; i < found.size(); ++i) {
    bool gone = false;
    JobInfo job = info_of(found[i], replies.at(i), gone);
    if (!gone) jobs.push_back(std::move(job));
  }
  return jobs;
}

std::vector<std::string> Registry::matching(std::span<const std::string> ids,
                                            const JobFilter& filter) const {
  if (filter == JobFilter{}) return {ids.begin(), ids.end()};
  redis::Batch batch = protocol::fetch_jobs(ids);
  if (!filter.error.empty()) {
    for (const std::string& id : ids) batch.append(protocol::latest_results(id, 1));
  }
  const auto replies = session_->run(batch);
  const Time now = session_->now();
  std::vector<std::string> found;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    bool gone = false;
    const JobInfo job = info_of(ids[i], replies.at(i), gone);
    if (gone || (!filter.task.empty() && !is_of_task(job, filter.task)) ||
        (filter.older_than && !is_older(job, *filter.older_than, now)) ||
        (!filter.error.empty() &&
         error_of(replies.at(ids.size() + i)).find(filter.error) == std::string::npos)) {
      continue;
    }
    found.push_back(ids[i]);
  }
  return found;
}

Registry::BulkResult Registry::change_all(const JobFilter& filter, const Progress& progress,
                                          const Change& change) const {
  if (filter.older_than && *filter.older_than < std::chrono::seconds{0}) {
    throw InvalidArgument(
        fmt::format("older_than is {} s: use 0 s or more", filter.older_than->count()));
  }
  const std::int64_t all = count();
  BulkResult tally;
  std::int64_t stay = 0;  // in front of those that were not looked at
  for (std::int64_t seen = 0; seen < all;) {
    const std::vector<std::string> page = ids(stay, std::min(kSlice, all - seen));
    if (page.empty()) break;
    const std::vector<std::string> meant = matching(page, filter);
    BulkResult part;
    if (!meant.empty()) part = change.of(meant);
    const auto not_meant = static_cast<std::int64_t>(page.size() - meant.size());
    stay += not_meant + (change.leaves_gone ? part.gone : 0);
    part.unchanged += not_meant;
    add(tally, part);
    seen += static_cast<std::int64_t>(page.size());
    if (progress) progress(seen, all);
  }
  return tally;
}

Registry::BulkResult Registry::requeue_some(std::span<const std::string> ids,
                                            const RequeueOptions& options) const {
  const auto position = options.at_front ? protocol::Position::front : protocol::Position::back;
  redis::Batch batch;
  const Time now = session_->now();
  for (const std::string& id : ids) batch.append(protocol::requeue(id, position, now));
  return tally_of(session_->run(batch));
}

Registry::BulkResult Registry::remove_some(std::span<const std::string> ids) const {
  redis::Batch batch;
  const Time now = session_->now();
  for (const std::string& id : ids) batch.append(protocol::remove_entry(kind_, queue_, id, now));
  return tally_of(session_->run(batch));
}

void Registry::check_can_requeue() const {
  if (kind_ == RegistryKind::failed) return;
  throw InvalidArgument(
      fmt::format("cannot requeue {} jobs: only failed ones can be", to_string(kind_)));
}

void Registry::check_can_remove() const {
  if (kind_ != RegistryKind::started) return;
  throw InvalidArgument("cannot delete jobs that run: stop or cancel them first");
}

Registry::BulkResult Registry::requeue(std::span<const std::string> ids,
                                       const RequeueOptions& options) {
  check_can_requeue();
  return in_slices(ids, [&](std::span<const std::string> some) {
    const auto replies = session_->run(protocol::failed_among(queue_, some));
    std::vector<std::string> failed;
    for (std::size_t i = 0; i < some.size(); ++i) {
      if (!replies.at(0).elements.at(i).is_nil()) failed.push_back(some[i]);
    }
    BulkResult tally = failed.empty() ? BulkResult{} : requeue_some(failed, options);
    tally.unchanged += static_cast<std::int64_t>(some.size() - failed.size());
    return tally;
  });
}

Registry::BulkResult Registry::requeue_all(const JobFilter& filter, const RequeueOptions& options,
                                           const Progress& progress) {
  check_can_requeue();
  return change_all(
      filter, progress,
      {.of = [&](std::span<const std::string> some) { return requeue_some(some, options); },
       .leaves_gone = true});
}

Registry::BulkResult Registry::remove(std::span<const std::string> ids) {
  check_can_remove();
  return in_slices(ids, [this](std::span<const std::string> some) { return remove_some(some); });
}

Registry::BulkResult Registry::remove_all(const JobFilter& filter, const Progress& progress) {
  check_can_remove();
  return change_all(filter, progress, {.of = [this](std::span<const std::string> some) {
                      return remove_some(some);
                    }});
}

Registry::BulkResult Registry::trim(std::int64_t count, const Progress& progress) {
  check_can_remove();
  if (count < 0) throw InvalidArgument(fmt::format("cannot keep {} jobs: use 0 or more", count));
  const auto counts = protocol::read_registry_counts(
      kind_, session_->run(protocol::registry_counts(kind_, queue_, session_->now())));
  const std::int64_t excess = counts.alive() - counts.for_ever - count;
  BulkResult tally;
  for (std::int64_t seen = 0; seen < excess;) {
    const std::vector<std::string> page = ids(counts.for_ever, std::min(kSlice, excess - seen));
    if (page.empty()) break;
    add(tally, remove_some(page));
    seen += static_cast<std::int64_t>(page.size());
    if (progress) progress(seen, excess);
  }
  return tally;
}

}  // namespace rqpp
