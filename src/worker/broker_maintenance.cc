// How the steps of Maintenance become commands, and their replies answers.

#include <utility>

#include "protocol/dependencies.h"
#include "protocol/maintenance.h"
#include "protocol/scheduling.h"
#include "worker/broker.h"

namespace rqpp::worker {
namespace {

using Step = Maintain::Part;
using Replies = std::span<const redis::Reply>;

redis::Batch batch_of(const Maintain& step, Time now) {
  switch (step.part) {
    case Step::lock:
      return protocol::lock_maintenance(step.queue);
    case Step::registries:
      return protocol::clean_queue(step.queue, now);
    case Step::deferred:
      return protocol::deferred_page(step.queue, step.cursor);
    case Step::look_again:
      return protocol::look_again(step.jobs, now);
    case Step::unlock:
      return protocol::unlock_maintenance(step.queue);
    case Step::common_lock:
      return protocol::lock_common_maintenance();
    case Step::workers:
    case Step::all_workers:
      return protocol::clean_workers(step.queue, step.cursor);
    case Step::groups:
      return protocol::groups_page(step.cursor);
    case Step::members:
      return protocol::clean_group(step.name, step.cursor);
    case Step::limits:
      return protocol::limits_page(step.cursor);
    case Step::slots:
      return protocol::clean_slots(step.name, step.cursor, now);
    case Step::abandoned:
      break;  // not of this kind
  }
  return {};
}

Maintained read_answer(const Maintain& step, const redis::Reply& reply) {
  switch (step.part) {
    case Step::lock:
    case Step::common_lock:
      return {.got = !reply.is_nil()};
    case Step::registries:
      return {.more = reply.number >= protocol::kCleanSlice};
    case Step::workers:
    case Step::all_workers:
    case Step::members:
    case Step::slots:
      return {.cursor = protocol::read_cursor(reply)};
    case Step::deferred:
    case Step::groups:
    case Step::limits: {
      protocol::Page page = protocol::read_page(reply);
      return {.cursor = std::move(page.cursor), .names = std::move(page.names)};
    }
    case Step::look_again:
      return {.names = protocol::read_release(reply, step.jobs).again};
    case Step::unlock:
    case Step::abandoned:
      break;
  }
  return {};
}

}  // namespace

void Broker::perform(const Maintain& action, Time now) {
  if (state_ != State::up) return;
  if (action.part == Step::abandoned) {
    take_abandoned(action, now);
  } else {
    add({.batch = batch_of(action, now),
         .on_reply =
             [this, action](Replies replies) {
               events_.emplace_back(read_answer(action, replies.front()));
             },
         .on_refused = [this](const std::string&) { leave_maintenance(); }});
  }
  if (action.part == Step::common_lock && !schedules()) {
    add({.batch = protocol::ask_who_schedules(options_.worker.queues),
         .on_reply = [this](Replies replies) { warn_of_unscheduled(replies); },
         .takes_errors = true});
  }
}

void Broker::leave_maintenance() { events_.emplace_back(Maintained{.refused = true}); }

void Broker::take_abandoned(const Maintain& action, Time now) {
  protocol::AbandonedRequest request{
      .queue = action.queue,
      .heir = self_,
      .execution_ids = new_executions(kMostTakenOver, {.lost_worker = std::string()}),
      .runs_left = action.runs_left,
      .ids_left = action.ids_left};
  redis::Batch batch = protocol::take_abandoned(request, now);
  add({.batch = std::move(batch),
       .on_reply =
           [this, request = std::move(request)](Replies replies) {
             events_.emplace_back(read_abandoned(replies.front(), request.queue));
             took_none(request.execution_ids);
           },
       .on_refused = [this](const std::string&) { leave_maintenance(); }});
}

Maintained Broker::read_abandoned(const redis::Reply& reply, const std::string& queue) {
  const protocol::Abandoned taken = protocol::read_abandoned(reply, self_.worker);
  Maintained event{.more = taken.more, .runs_left = taken.runs_left, .ids_left = taken.ids_left};
  for (const auto& started : taken.runs) {
    event.jobs.push_back(read_claimed(started.run, started.fields));
  }
  for (const auto& started : taken.stuck) {
    event.jobs.push_back(read_claimed(started.run, started.fields));
    // RQ's words.
    if (event.jobs.back().error.empty()) {
      event.jobs.back().error = "Job was stuck in intermediate queue.";
    }
  }
  for (const ClaimedJob& job : event.jobs) ledger_.hold(job.run.id);
  if (!event.jobs.empty()) job_log_.abandoned(queue, event.jobs.size());
  return event;
}

}  // namespace rqpp::worker
