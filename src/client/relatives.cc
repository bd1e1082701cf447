#include "client/relatives.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <unordered_set>
#include <vector>

#include "protocol/dependencies.h"
#include "protocol/groups.h"
#include "protocol/keys.h"

#include <rqpp/error.h>

namespace rqpp::client {
namespace {

constexpr std::size_t kSlice = 100;
constexpr std::size_t kMostAncestors = 1'000;

}  // namespace

Run asking(Session& session) {
  return [&session](const redis::Batch& batch) { return session.run(batch); };
}

void for_each_slice(const Run& run, AskForPage ask, const std::string& name,
                    const std::function<void(const Ids&, bool last)>& use) {
  protocol::Page page{.cursor = "0", .names = {}};
  do {
    page = protocol::read_page(run(ask(name, page.cursor)).at(0));
    std::size_t done = 0;
    do {
      const auto begin = page.names.begin() + static_cast<std::ptrdiff_t>(done);
      const std::size_t count = std::min(kSlice, page.names.size() - done);
      done += count;
      use(Ids(begin, begin + static_cast<std::ptrdiff_t>(count)),
          done == page.names.size() && page.cursor == "0");
    } while (done < page.names.size());
  } while (page.cursor != "0");
}

std::int64_t clean_group(const Run& run, const std::string& group) {
  std::int64_t forgotten = 0;
  for_each_slice(run, protocol::group_page, group, [&](const Ids& ids, bool) {
    redis::Batch ask;
    for (const std::string& id : ids) ask.append(protocol::job_exists(id));
    if (ask.empty()) return;
    const auto there = run(ask);
    Ids gone;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (there.at(i).number == 0) gone.push_back(ids[i]);
    }
    if (!gone.empty()) forgotten += run(protocol::leave_group(group, gone)).at(0).number;
  });
  if (run(protocol::group_size(group)).at(0).number == 0) run(protocol::forget_group(group));
  return forgotten;
}

void release_dependents(const Run& run, const std::string& job_id, std::optional<Status> status,
                        Time now) {
  const auto tell = [&](const Ids& ids, bool last) {
    protocol::Release release{.job_id = job_id, .status = status, .dependents = ids, .last = last};
    do {
      const auto reply = run(protocol::release(release, now)).at(0);
      release.dependents = protocol::read_release(reply, release.dependents).again;
    } while (!release.dependents.empty());
  };
  for_each_slice(run, protocol::dependents_page, job_id, tell);
}

void delete_dependents(const Run& run, const std::string& job_id, Time now) {
  for_each_slice(run, protocol::dependents_page, job_id, [&](const Ids& ids, bool) {
    redis::Batch batch;
    for (const std::string& id : ids) batch.append(protocol::delete_job(id, now));
    if (!batch.empty()) run(batch);
  });
}

void leave_parents(const Run& run, const std::string& job_id) {
  for_each_slice(run, protocol::dependencies_page, job_id, [&](const Ids& ids, bool) {
    redis::Batch batch;
    for (const std::string& id : ids) batch.append(protocol::forget_dependent(id, job_id));
    if (!batch.empty()) run(batch);
  });
}

void refuse_cycle(const Run& run, const protocol::JobRecord& job) {
  if (job.dependency_ids.empty()) return;
  const auto first = protocol::read_page(run(protocol::dependents_page(job.id, "0")).at(0));
  if (first.names.empty() && first.cursor == "0") return;  // nobody waits for it

  std::unordered_set<std::string> seen;
  std::deque<std::string> ancestors(job.dependency_ids.begin(), job.dependency_ids.end());
  while (!ancestors.empty() && seen.size() < kMostAncestors) {
    const std::string id = std::move(ancestors.front());
    ancestors.pop_front();
    if (!seen.insert(id).second) continue;
    for_each_slice(run, protocol::dependencies_page, id, [&](const Ids& ids, bool) {
      if (std::find(ids.begin(), ids.end(), job.id) != ids.end()) {
        throw InvalidArgument(fmt::format(
            "job '{}' cannot wait for '{}': that waits, itself or over others, for '{}'", job.id,
            id, job.id));
      }
      ancestors.insert(ancestors.end(), ids.begin(), ids.end());
    });
  }
}

}  // namespace rqpp::client
