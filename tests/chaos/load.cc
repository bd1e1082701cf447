#include "chaos/load.h"

#include <chrono>
#include <utility>

#include <rqpp/error.h>

namespace rqpp::test {

using namespace std::chrono_literals;

Load::Load(Arena& arena, Dice& dice)
    : arena_(&arena), dice_(&dice), queue_("a", {.url = arena.url()}) {}

const std::map<std::string, Load::Kind>& Load::all_kinds() {
  static const std::map<std::string, Kind> kinds{{"plain", {&Load::plain, 4}},
                                                 {"slow", {&Load::slow}},
                                                 {"retried", {&Load::retried, 2}},
                                                 {"failing_once", {&Load::failing_once}},
                                                 {"asking_once", {&Load::asking_once}},
                                                 {"with_child", {&Load::with_child}},
                                                 {"dependent", {&Load::dependent}},
                                                 {"joined", {&Load::joined}},
                                                 {"telling", {&Load::telling}},
                                                 {"unique", {&Load::unique}},
                                                 {"limited", {&Load::limited}},
                                                 {"scheduled", {&Load::scheduled}},
                                                 {"interfered_with", {&Load::interfered_with}}};
  return kinds;
}

std::vector<std::string> Load::kinds() {
  std::vector<std::string> names;
  for (const auto& [name, kind] : all_kinds()) names.push_back(name);
  return names;
}

void Load::order(int jobs) {
  std::vector<std::string> kinds;
  for (const auto& [name, kind] : all_kinds()) {
    kinds.insert(kinds.end(), static_cast<std::size_t>(kind.weight), name);
  }
  while (static_cast<int>(orders_.size()) < jobs && arena_->server_answers()) {
    order(dice_->any_of(kinds));
  }
}

void Load::order(const std::string& kind) {
  std::vector<std::string> queues = Arena::queues();
  (this->*all_kinds().at(kind).order)("j" + std::to_string(count_), dice_->any_of(queues));
  count_ += 1;
}

void Load::clear() {
  orders_.clear();
  plain_ids_.clear();
}

void Load::put(const std::string& id, Ordered order, Call call, EnqueueOptions options) {
  call.args.insert(call.args.begin(), arena_->folder());
  options.job_id = id;
  options.result_ttl = kForever;
  options.failure_ttl = kForever;
  try {
    queue_.sibling(order.queue).enqueue(call, options);
  } catch (const ConnectionError&) {
    order.doubtful = true;
  } catch (const TimeoutError&) {
    order.doubtful = true;
  } catch (const DuplicateJob&) {
    // The answer to its first enqueue was lost.
  }
  if (order.result.empty()) order.result = id;
  orders_[id] = std::move(order);
}

void Load::plain(const std::string& id, const std::string& queue) {
  put(id, {.queue = queue}, Call{"chaos.run", {dice_->below(20'000)}}, {});
  plain_ids_.push_back(id);
}

void Load::slow(const std::string& id, const std::string& queue) {
  put(id, {.queue = queue}, Call{"chaos.run", {100'000 + dice_->below(1'000'000)}}, {});
}

void Load::retried(const std::string& id, const std::string& queue) {
  const bool waits = dice_->one_in(2);
  Retry retry{.max = 5};
  if (waits) retry.intervals = {1s};
  put(id, {.queue = queue, .reruns = 5}, Call{"chaos.run", {dice_->below(300'000)}},
      {.retry = retry});
}

void Load::failing_once(const std::string& id, const std::string& queue) {
  put(id, {.queue = queue, .reruns = 5}, Call{"chaos.fail_first"}, {.retry = {.max = 5}});
}

void Load::asking_once(const std::string& id, const std::string& queue) {
  put(id, {.queue = queue, .reruns = 1}, Call{"chaos.ask_first"}, {});
}

void Load::with_child(const std::string& id, const std::string& queue) {
  put(id, {.queue = queue, .reruns = 3, .has_child = true}, Call{"chaos.enqueue_child", {queue}},
      {.retry = {.max = 3}});
}

std::string Load::any_earlier() { return dice_->any_of(plain_ids_); }

void Load::dependent(const std::string& id, const std::string& queue) {
  if (plain_ids_.empty()) plain(id + "-parent", queue);
  const std::vector<std::string> parents{any_earlier(), any_earlier()};
  const bool allows = dice_->one_in(2);
  put(id, {.queue = queue, .parents = parents, .allows_failure = allows}, Call{"chaos.run", {0}},
      {.depends_on = Dependency(parents, {.allow_failure = allows, .allow_stop = allows})});
  plain_ids_.push_back(id);
}

void Load::joined(const std::string& id, const std::string& queue) {
  const std::string parent = id + "-parent";
  put(parent, {.queue = queue}, Call{"chaos.run", {dice_->below(50'000)}}, {});
  put(id, {.queue = queue, .result = parent + "+" + id, .parents = {parent}},
      Call{.function = "chaos.join", .args = {Value{}}, .results = {{"1", parent}}}, {});
}

void Load::telling(const std::string& id, const std::string& queue) {
  EnqueueOptions options{.retry = {.max = 2}, .on_success = "chaos.on_success"};
  options.set_meta("folder", arena_->folder());
  put(id, {.queue = queue, .reruns = 2, .calls_back = true}, Call{"chaos.run", {0}}, options);
}

void Load::unique(const std::string& id, const std::string& queue) {
  const EnqueueOptions options{.unique = true};
  put(id, {.queue = queue}, Call{"chaos.run", {0}}, options);
  put(id, orders_[id], Call{"chaos.run", {0}}, options);
}

void Load::limited(const std::string& id, const std::string& queue) {
  put(id, {.queue = queue, .reruns = 1}, Call{"chaos.run", {dice_->below(50'000)}},
      {.retry = {.max = 1}, .concurrency_limit = {.key = "narrow", .jobs = 2}});
}

void Load::scheduled(const std::string& id, const std::string& queue) {
  Ordered order{.queue = queue, .result = id};
  const EnqueueOptions options{.result_ttl = kForever, .failure_ttl = kForever, .job_id = id};
  const Call call{.function = "chaos.run", .args = {arena_->folder(), 0}};
  try {
    queue_.sibling(queue).enqueue_in(std::chrono::seconds{dice_->below(4)}, call, options);
  } catch (const ConnectionError&) {
    order.doubtful = true;
  }
  orders_[id] = std::move(order);
}

void Load::interfered_with(const std::string& id, const std::string& queue) {
  slow(id, queue);
  Ordered& order = orders_[id];
  order.deleted = dice_->one_in(2);
  order.canceled = !order.deleted;
  try {
    JobHandle job = queue_.job<>(id);
    order.deleted ? job.remove() : job.cancel();
  } catch (const Error&) {
    // It was over, or nobody knows.
  }
}

}  // namespace rqpp::test
