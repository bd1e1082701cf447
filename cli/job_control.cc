// rqpp job cancel, requeue, delete and stop: what one does to jobs whose ids one knows.

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/printable.h"
#include "client/outcome.h"
#include "client/relatives.h"
#include "commands.h"
#include "hundreds.h"
#include "options.h"
#include "protocol/control.h"
#include "protocol/job_id.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "redis/connection.h"

namespace rqpp::cli {
namespace {

constexpr std::int64_t kDependentsWantToKnow = 2;  // replied by protocol::cancel

/// What one change does to each job: the transition, and what its reply means.
struct Change {
  std::function<redis::Batch(const std::string& id, Time now)> batch{};
  std::string done{};     ///< Replied 1: `canceled job 'j'`.
  std::string refused{};  ///< Replied -1: `job 'j' was canceled before`. Empty: cannot be.
  bool refusal_is_error = false;
  /// An option of the command that says what happens to the jobs that wait for these, and what it
  /// does; empty: there is none.
  std::string option{};
  std::string about_option{};
  std::function<void(const client::Run& run, const std::string& id)> for_dependents{};
};

void refuse(Context& context, const std::string& why, int exit_code) {
  context.complain(why);
  // A failure weighs more than a job that nobody knows.
  if (context.exit_code != kFailed) context.exit_code = exit_code;
}

void refuse_unknown(Context& context, const std::string& id) {
  refuse(context, base::printable(client::no_such_job(id).what()), kNoSuchJob);
}

void change_some(redis::Connection& connection, std::span<const std::string> ids,
                 const Change& change, bool with_dependents, Context& context) {
  const auto run = [&connection](const redis::Batch& batch) { return connection.run(batch); };
  for (const std::string& id : ids) {
    if (with_dependents) change.for_dependents(run, id);
  }
  redis::Batch batch;
  const Time now = base::now();
  for (const std::string& id : ids) batch.append(change.batch(id, now));
  const auto replies = connection.run(batch);
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const std::int64_t reply = replies.at(i).number;
    if (reply > 0) {
      context.say(fmt::format("{} job '{}'", change.done, base::printable(ids[i])));
      if (reply == kDependentsWantToKnow) {
        client::release_dependents(run, ids[i], Status::canceled, now);
      }
    } else if (reply == 0) {
      refuse_unknown(context, ids[i]);
    } else if (change.refusal_is_error) {
      refuse(context, fmt::format("job '{}' {}", base::printable(ids[i]), change.refused), kFailed);
    } else {
      context.say(fmt::format("job '{}' {}", base::printable(ids[i]), change.refused));
    }
  }
}

/// The worker that runs the job; nothing if it does not run, which is said then.
std::optional<std::string> runner_of(const std::string& id,
                                     const std::optional<protocol::JobPlace>& place,
                                     Context& context) {
  if (!place) {
    refuse_unknown(context, id);
  } else if (place->status != Status::started) {
    refuse(context,
           fmt::format("job '{}' does not run: it is {}", base::printable(id),
                       place->status ? to_string(*place->status) : "in no status"),
           kFailed);
  } else if (place->worker.empty()) {
    refuse(
        context,
        fmt::format("job '{}' runs, but Redis does not know on which worker", base::printable(id)),
        kFailed);
  } else {
    return place->worker;
  }
  return std::nullopt;
}

void stop_some(redis::Connection& connection, std::span<const std::string> ids, Context& context) {
  const auto places = connection.run(protocol::job_places(ids));
  redis::Batch batch;
  std::vector<std::pair<std::string, std::string>> told;  // job and worker
  for (std::size_t i = 0; i < ids.size(); ++i) {
    const auto worker = runner_of(ids[i], protocol::read_job_place(places.at(i)), context);
    if (!worker) continue;
    batch.append(protocol::stop_job(*worker, ids[i]));
    told.emplace_back(ids[i], *worker);
  }
  if (told.empty()) return;
  const auto replies = connection.run(batch);
  for (std::size_t i = 0; i < told.size(); ++i) {
    const std::string id = base::printable(told[i].first);
    const std::string worker = base::printable(told[i].second);
    if (replies.at(i).number > 0) {
      context.say(fmt::format("told worker '{}' to stop job '{}'", worker, id));
    } else {
      refuse(context,
             fmt::format("cannot stop job '{}': worker '{}', which runs it, does not listen. It "
                         "has died, or takes no commands.",
                         id, worker),
             kFailed);
    }
  }
}

std::vector<std::string> checked_ids(const std::vector<std::string>& words) {
  std::vector<std::string> ids = given_words(words);
  for (const std::string& id : ids) protocol::check_known_id(id);
  return ids;
}

CLI::App* add_about_many(CLI::App& group, Context& context, const char* name, const char* about,
                         std::vector<std::string>& ids) {
  CLI::App* command = group.add_subcommand(name, about);
  command->add_option("ID", ids, "The jobs' ids")->required()->type_name("");
  add_url(*command, context);
  return command;
}

void add_change(CLI::App& group, Context& context, const char* name, const char* about,
                const Change& change, const std::string& more) {
  auto ids = std::make_shared<std::vector<std::string>>();
  auto with_dependents = std::make_shared<bool>(false);
  CLI::App* command = add_about_many(group, context, name, about, *ids);
  if (!change.option.empty()) {
    command->add_flag(change.option, *with_dependents, change.about_option);
  }
  add_examples(*command, fmt::format(R"(  rqpp job {0} my-job
  rqpp job {0} my-job your-job

{1} Exit codes: 0, 1 failed for a job, 2 usage, 4 no such job.)",
                                     name, more));
  command->callback([ids, with_dependents, change, &context] {
    const auto known = checked_ids(*ids);
    redis::Connection connection(context.settings());
    for_each_hundred(known, [&](std::span<const std::string> some) {
      change_some(connection, some, change, *with_dependents, context);
    });
  });
}

}  // namespace

void add_job_control(CLI::App& group, Context& context) {
  add_change(group, context, "cancel", "Cancel jobs: no worker will start them",
             {.batch = protocol::cancel,
              .done = "canceled",
              .refused = "was canceled before",
              .option = "--enqueue-dependents",
              .about_option = "Enqueue their dependents",
              .for_dependents =
                  [](const client::Run& run, const std::string& id) {
                    client::release_dependents(run, id, Status::finished, base::now());
                  }},
             "A run that has begun goes on, and its outcome is dropped.");
  add_change(group, context, "requeue", "Put failed jobs back into their queues",
             {.batch = [](const std::string& id,
                          Time now) { return requeue(id, protocol::Position::back, now); },
              .done = "requeued",
              .refused = "is not among the failed jobs of its queue",
              .refusal_is_error = true},
             "`rqpp requeue --all` takes all failed jobs of a queue.");
  add_change(
      group, context, "delete", "Delete jobs and their results, wherever they are",
      {.batch = [](const std::string& id, Time now) { return protocol::delete_job(id, now); },
       .done = "deleted",
       .option = "--dependents",
       .about_option = "Delete the jobs that wait for them as well",
       .for_dependents =
           [](const client::Run& run, const std::string& id) {
             client::delete_dependents(run, id, base::now());
           }},
      "A run that has begun goes on, and its outcome is dropped.");

  auto ids = std::make_shared<std::vector<std::string>>();
  CLI::App* command =
      add_about_many(group, context, "stop", "End the runs of jobs, which then are stopped", *ids);
  add_examples(*command, R"(  rqpp job stop my-job

It tells the worker, which asks the job to end (SIGTERM, stop_requested()) and kills it when the worker's
--grace is over, 5 s by default. It does not wait for that; see `rqpp job show`. Exit codes:
0 the workers were told, 1 a job does not run or its worker does not listen, 2 usage, 4 no such
job.)");
  command->callback([ids, &context] {
    const auto known = checked_ids(*ids);
    redis::Connection connection(context.settings());
    for_each_hundred(
        known, [&](std::span<const std::string> some) { stop_some(connection, some, context); });
  });
}

}  // namespace rqpp::cli
