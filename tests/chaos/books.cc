#include "chaos/books.h"

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>

namespace rqpp::test {
namespace {

const char* const kRegistries[] = {"finished", "failed",    "canceled",
                                   "deferred", "scheduled", "wip"};

std::vector<std::string> keys_of(Arena& arena, const std::string& pattern) {
  std::vector<std::string> keys;
  for (const redis::Reply& key : arena.ask("KEYS", pattern).elements) keys.push_back(key.text);
  std::sort(keys.begin(), keys.end());
  return keys;
}

bool is_any_of(std::string_view text, std::initializer_list<std::string_view> list) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

}  // namespace

Books::Books(Arena& arena, const std::map<std::string, Ordered>& orders)
    : arena_(&arena), orders_(&orders) {}

std::string Books::Found::status() const {
  const auto at = fields.find("status");
  return at == fields.end() ? "" : at->second;
}

/// All at one moment: reading key by key misses a job that moves from one to another meanwhile.
bool Books::are_closed() {
  std::string workers;
  for (const Post& post : arena_->posts()) workers += post.name + " ";
  std::string queues;
  for (const std::string& queue : Arena::queues()) queues += queue + " ";
  return arena_
             ->ask("EVAL", R"(
    for queue in string.gmatch(ARGV[1], '%S+') do
      if redis.call('EXISTS', 'rq:wip:' .. queue, 'rq:scheduled:' .. queue, 'rq:queue:' .. queue) > 0 then return 0 end
    end
    if #redis.call('KEYS', 'rqpp:inbox:*') + #redis.call('KEYS', 'rqpp:releases*') > 0 then return 0 end
    for _, runs in ipairs(redis.call('KEYS', 'rqpp:runs:*')) do
      for _, member in ipairs(redis.call('ZRANGE', runs, 0, -1)) do
        if string.find(member, ':') then return 0 end
      end
    end
    for worker in string.gmatch(ARGV[2], '%S+') do
      if redis.call('HGET', 'rq:worker:' .. worker, 'state') ~= 'idle' then return 0 end
    end
    return 1)",
                   0, queues, workers)
             .number == 1;
}

/// What workers, alive or dead, still have of jobs.
std::vector<std::string> Books::runs_held() {
  std::vector<std::string> runs;
  for (const std::string& key : keys_of(*arena_, "rqpp:runs:*")) {
    for (const redis::Reply& member : arena_->ask("ZRANGE", key, 0, -1).elements) {
      const bool is_run = member.text.find(':') != std::string::npos;  // else it is a note
      if (is_run) runs.push_back(key + " " + member.text);
    }
  }
  return runs;
}

const std::vector<std::string>& Books::violations() {
  read_jobs();
  read_places();
  read_notes();
  for (const auto& [id, found] : found_) check_place(id, found);
  for (const auto& [id, order] : *orders_) check_order(id, order);
  check_children();
  check_keys();
  check_workers();
  return violations_;
}

void Books::read_jobs() {
  const std::string prefix = "rq:job:";
  for (const std::string& key : keys_of(*arena_, prefix + "*")) {
    if (key.ends_with(":dependents") || key.ends_with(":dependencies")) continue;
    Found found;
    const auto pairs = arena_->ask("HGETALL", key).elements;
    for (std::size_t i = 0; i + 1 < pairs.size(); i += 2) {
      found.fields[pairs[i].text] = pairs[i + 1].text;
    }
    found_[key.substr(prefix.size())] = std::move(found);
  }
  const Queue queue("a", {.url = arena_->url()});
  for (auto& [id, found] : found_) {
    if (found.status() == "failed") found.failure = queue.job<>(id).exc_info();
    if (found.status() != "finished") continue;
    const auto result = queue.job<>(id).result();
    found.result = result && result->is_string() ? result->as_string() : "none";
  }
}

void Books::read_places() {
  for (const std::string& queue : Arena::queues()) {
    for (const redis::Reply& id : arena_->ask("LRANGE", "rq:queue:" + queue, 0, -1).elements) {
      found_[id.text].places.push_back("queue");
    }
    for (const char* registry : kRegistries) {
      const std::string key = std::string("rq:") + registry + ":" + queue;
      for (const redis::Reply& member : arena_->ask("ZRANGE", key, 0, -1).elements) {
        found_[member.text.substr(0, member.text.find(':'))].places.push_back(registry);
      }
    }
  }
}

void Books::read_notes() {
  const std::string folder = arena_->folder();
  const std::set<pid_t>& killed = arena_->damage().killed;
  std::ifstream runs(folder + "/runs");
  std::string id;
  for (pid_t horse = 0, fork_server = 0; runs >> id >> horse >> fork_server;) {
    noted_[id].runs += 1;
    if (!killed.contains(horse) && !killed.contains(fork_server)) noted_[id].undisturbed += 1;
  }
  std::ifstream callbacks(folder + "/callbacks");
  while (callbacks >> id) noted_[id].called_back = true;
  for (const auto& [child, found] : found_) {
    const auto birth = found.fields.find("description");
    if (birth == found.fields.end() || orders_->contains(child)) continue;
    children_[birth->second].push_back(child);
  }
}

/// In one place, the one that its status names.
void Books::check_place(const std::string& id, const Found& found) {
  if (found.fields.empty()) return complain(id, "is in a registry or list and is no job");
  const std::string status = found.status();
  const auto order = orders_->find(id);
  if (found.places.empty() && order != orders_->end() && order->second.doubtful) return;
  if (found.places.size() != 1) return complain(id, "is not in exactly one registry");
  const bool is_final = is_any_of(status, {"finished", "failed", "canceled", "deferred"});
  if (!is_final) return complain(id, "has not ended");
  if (found.places.front() != status) complain(id, "is in another registry than it says");
}

void Books::check_order(const std::string& id, const Ordered& order) {
  check_runs(id, order);
  const auto at = found_.find(id);
  const bool exists = at != found_.end() && !at->second.fields.empty();
  if (!exists) {
    const bool may_be_gone = order.deleted || order.doubtful || arena_->damage().history_lost;
    if (!may_be_gone) complain(id, "is gone");
    return;
  }
  check_end(id, order, at->second);
}

/// At least once, where Redis has forgotten ends; else once, and once more for each rerun.
void Books::check_runs(const std::string& id, const Ordered& order) {
  if (arena_->damage().history_lost) return;
  const Noted& noted = noted_[id];
  if (noted.runs > 1 + order.reruns) complain(id, "ran too often");
  const bool may_run_again = arena_->damage().runs_lost || order.reruns > 0;
  if (!may_run_again && noted.undisturbed > 1) complain(id, "ran again, though undisturbed");
}

void Books::check_end(const std::string& id, const Ordered& order, const Found& found) {
  const std::string status = found.status();
  if (status == "finished") {
    if (noted_[id].runs == 0) complain(id, "has finished without a run");
    if (found.result != order.result) complain(id, "has the result " + found.result);
    if (order.calls_back && !noted_[id].called_back) complain(id, "has not called back");
  }
  if (status == "failed") check_failure(id, found);
  if (status == "canceled" && !order.canceled && !order.deleted) complain(id, "was not canceled");
  if (status == "deferred" && !never_released(order)) complain(id, "was not released");
}

/// Only for reasons that there were.
void Books::check_failure(const std::string& id, const Found& found) {
  const auto says = [&](const char* text) { return found.failure.find(text) != std::string::npos; };
  const Damage& damage = arena_->damage();
  const bool was_killed = says("signal 9") || says("is gone");
  const bool was_lost = says("AbandonedJobError") || says("was lost");
  const bool failed_itself = says("the first run fails");
  if (was_killed && !damage.killed.empty()) return;
  if (was_lost && damage.runs_lost) return;
  if (failed_itself && noted_[id].runs > 1) return;
  complain(id, "failed without a reason");
}

/// A parent of it has failed or was canceled, and it does not allow for that.
bool Books::never_released(const Ordered& order) const {
  return std::any_of(order.parents.begin(), order.parents.end(), [&](const std::string& parent) {
    const auto at = found_.find(parent);
    if (at == found_.end()) return arena_->damage().history_lost;
    const std::string status = at->second.status();
    if (status == "finished") return false;
    return !order.allows_failure || status == "deferred" || status == "canceled";
  });
}

/// Each run of a job that has ended well has one child, and no run has two.
void Books::check_children() {
  if (arena_->damage().history_lost) return;
  for (const auto& [birth, ids] : children_) {
    if (ids.size() > 1) complain(ids.back(), "is a second child of the run " + birth);
  }
  for (const auto& [id, order] : *orders_) {
    const auto at = found_.find(id);
    if (!order.has_child || at == found_.end() || at->second.status() != "finished") continue;
    const auto child = children_.lower_bound(id + ":");
    if (child == children_.end() || !child->first.starts_with(id + ":"))
      complain(id, "has no child");
  }
  for (const auto& [id, noted] : noted_) {
    if (orders_->contains(id)) continue;
    if (noted.runs > 1) complain(id, "is a child and ran too often");
    const auto at = found_.find(id);
    if (at == found_.end()) complain(id, "is a child and gone");
  }
}

/// Nothing is left of runs, of locks, or of workers that are gone.
void Books::check_keys() {
  for (const std::string& key : keys_of(*arena_, "*")) {
    const auto is_below = [&](const char* prefix) { return key.starts_with(prefix); };
    const bool is_known =
        is_below("rq:job:") || is_below("rq:results:") || is_below("rq:finished:") ||
        is_below("rq:failed:") || is_below("rq:canceled:") || is_below("rq:deferred:") ||
        is_below("rq:scheduler") || is_below("rq:clean_registries:") || is_below("rqpp:feeder:") ||
        (is_below("rq:worker:") && !key.ends_with(":executions")) || is_below("rq:workers") ||
        is_below("rqpp:runs:") ||  // what is held is looked at in check_workers
        is_any_of(key,
                  {"rq:queues", "rq:rl-keys", "rq:rl:narrow", "rqpp:leases", "rqpp:maintenance"});
    if (!is_known) violations_.push_back(key + " is left");
  }
}

void Books::check_workers() {
  for (const std::string& run : runs_held()) violations_.push_back(run + " is still held");
  const redis::Reply time = arena_->ask("TIME");
  const auto alive =
      arena_->ask("ZRANGEBYSCORE", "rqpp:leases", time.elements.at(0).text, "+inf").elements;
  for (const Post& post : arena_->posts()) {
    const bool has_lease = std::any_of(alive.begin(), alive.end(), [&](const redis::Reply& lease) {
      return lease.text.substr(0, lease.text.find('~')) == post.name;
    });
    if (!has_lease) violations_.push_back(post.name + " has no lease");
    const redis::Reply job = arena_->ask("HGET", "rq:worker:" + post.name, "current_job");
    if (!job.text.empty()) violations_.push_back(post.name + " still names the job " + job.text);
  }
}

std::string Books::summary() const {
  std::map<std::string, int> ends;
  int runs = 0;
  for (const auto& [id, found] : found_) ends[found.status()] += 1;
  for (const auto& [id, noted] : noted_) runs += noted.runs;
  std::ostringstream text;
  text << orders_->size() << " orders, " << runs << " runs, " << found_.size() << " jobs:";
  for (const auto& [status, count] : ends) text << " " << count << " " << status;
  return text.str();
}

void Books::complain(const std::string& id, const std::string& what) {
  constexpr std::size_t kMostShown = 100;
  std::ostringstream text;
  const Found& found = found_[id];
  text << id << " " << what << "; " << noted_[id].runs << " runs; in";
  for (const std::string& place : found.places) text << " " << place;
  if (!found.failure.empty()) text << "; " << found.failure.substr(0, 3 * kMostShown);
  for (const auto& [name, value] : found.fields) {
    if (name != "data") text << "; " << name << "=" << value.substr(0, kMostShown);
  }
  violations_.push_back(text.str());
}

}  // namespace rqpp::test
