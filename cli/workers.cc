// rqpp workers: who works, and what one tells them. Commands go out on the workers' channels, see
// protocol/control.h.

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "all_names.h"
#include "base/did_you_mean.h"
#include "base/printable.h"
#include "commands.h"
#include "drain.h"
#include "hundreds.h"
#include "options.h"
#include "overview.h"
#include "protocol/control.h"
#include "protocol/queries.h"
#include "redis/connection.h"
#include "terminal.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using Names = std::vector<std::string>;
using Message = redis::Batch (*)(std::string_view worker);

void list(bool json, Context& context) {
  redis::Connection connection(context.settings());
  const Overview overview = read_overview(connection, {}, Parts::workers);
  if (json) return context.say(to_line(to_json(overview, Parts::workers)));
  const Terminal terminal = standard_output();
  context.print(to_text(
      overview,
      {.parts = Parts::workers, .colors = wants_colors(terminal), .columns = terminal.columns}));
}

/// Says why nobody heard the message.
void refuse_deaf(redis::Connection& connection, const Names& deaf, Context& context) {
  context.exit_code = kFailed;
  const auto hashes = connection.run(protocol::fetch_workers(deaf));
  std::optional<Names> known;
  for (std::size_t i = 0; i < deaf.size(); ++i) {
    const std::string shown = base::printable(deaf[i]);
    if (protocol::read_worker(deaf[i], hashes.at(i).elements)) {
      context.complain(fmt::format(
          "worker '{}' does not listen: it has died or ended, or takes no commands", shown));
    } else {
      if (!known) known = all_workers(connection);
      context.complain(fmt::format("there is no worker '{}'.{}", shown,
                                   base::printable(base::did_you_mean(deaf[i], *known))));
    }
  }
}

/// Returns the workers that heard it.
Names tell(redis::Connection& connection, const Names& workers, Message message, Context& context) {
  redis::Batch batch;
  for (const std::string& worker : workers) batch.append(message(worker));
  const auto replies = connection.run(batch);
  Names told;
  Names deaf;
  for (std::size_t i = 0; i < workers.size(); ++i) {
    (replies.at(i).number > 0 ? told : deaf).push_back(workers[i]);
  }
  if (!deaf.empty()) refuse_deaf(connection, deaf, context);
  return told;
}

/// Which workers a command is about.
struct Chosen {
  Names names{};
  bool all = false;
  std::string host{};
};

CLI::App* add_about_workers(CLI::App& group, Context& context, const char* name, const char* about,
                            Chosen& chosen) {
  CLI::App* command = group.add_subcommand(name, about);
  auto* names = command->add_option("NAME", chosen.names, "The workers' names")->type_name("");
  auto* all = command->add_flag("--all", chosen.all, "All workers, those of Python too");
  auto* host =
      command->add_option("--host", chosen.host, "All workers on this host")->type_name("HOSTNAME");
  names->excludes(all)->excludes(host);
  all->excludes(host);
  add_url(*command, context);
  return command;
}

/// Those that are registered and have not said goodbye, on this host if it is named.
Names living_workers(redis::Connection& connection, const std::string& host) {
  Names found;
  for_each_hundred(all_workers(connection), [&](std::span<const std::string> some) {
    const auto hashes = connection.run(protocol::fetch_workers(some));
    const auto rests = connection.run(protocol::worker_rests(some));
    for (std::size_t i = 0; i < some.size(); ++i) {
      const auto worker = protocol::read_worker(some[i], hashes.at(i).elements);
      const bool is_there = worker && (host.empty() || worker->hostname == host);
      const auto rest = std::span(rests).subspan(2 * i, 2);
      if (is_there && protocol::read_worker_rest(rest).alive) found.push_back(some[i]);
    }
  });
  return found;
}

Names workers_of(const Chosen& chosen, redis::Connection& connection) {
  if (chosen.all || !chosen.host.empty()) {
    Names found = living_workers(connection, chosen.host);
    if (!found.empty()) return found;
    throw Error(chosen.all ? std::string("there are no workers")
                           : fmt::format("there is no worker on host '{}'", chosen.host));
  }
  if (chosen.names.empty())
    throw InvalidArgument("which workers? Name them, or use --all or --host");
  return given_words(chosen.names);
}

void add_list(CLI::App& group, Context& context) {
  auto json = std::make_shared<bool>(false);
  const auto run = [json, &context] { list(*json, context); };
  // Without a word behind it, `rqpp workers` lists them too.
  group.add_flag("--json", *json, "Print one JSON object");
  add_url(group, context);
  group.callback([&group, run] {
    if (group.get_subcommands().empty()) run();
  });
  CLI::App* command = group.add_subcommand("list", "Show the workers; also what `workers` does");
  command->add_flag("--json", *json, "Print one JSON object");
  add_url(*command, context);
  add_examples(*command, R"(  rqpp workers list
  rqpp workers list --json | jq -r '.workers[] | select(.state == "busy").name'

Exit codes: 0, 1 no Redis, 2 usage.)");
  command->callback(run);
}

void add_told(CLI::App& group, Context& context, const char* name, const char* about,
              Message message, const std::string& told, const std::string& more) {
  auto chosen = std::make_shared<Chosen>();
  CLI::App* command = add_about_workers(group, context, name, about, *chosen);
  add_examples(*command, fmt::format(R"(  rqpp workers {0} my-worker
  rqpp workers {0} one another
  rqpp workers {0} --host build-7

{1} Exit codes: 0 the workers were told, 1 there is no such worker or it does not
listen, 2 usage.)",
                                     name, more));
  command->callback([chosen, message, told, &context] {
    redis::Connection connection(context.settings());
    const Names workers = workers_of(*chosen, connection);
    for (const std::string& worker : tell(connection, workers, message, context)) {
      context.say(fmt::format("told worker '{}' to {}", base::printable(worker), told));
    }
  });
}

void add_drain(CLI::App& group, Context& context) {
  struct DrainArguments {
    Chosen chosen{};
    std::optional<std::chrono::seconds> timeout{};
  };
  auto given = std::make_shared<DrainArguments>();
  CLI::App* command = add_about_workers(group, context, "drain",
                                        "As stop, and wait until they have ended", given->chosen);
  add_duration(
      *command, "--timeout", [given](std::chrono::seconds value) { given->timeout = value; },
      "How long to wait; without it until all have ended");
  add_examples(*command, R"(  rqpp workers drain my-worker --timeout 10m
  rqpp workers drain --all

It looks once a second and says what it still waits for. Exit codes: 0 all have ended, 1 there is no
such worker or it does not listen, 2 usage, 3 not all have ended in time; they still drain.)");
  command->callback([given, &context] {
    redis::Connection connection(context.settings());
    const Names workers = workers_of(given->chosen, connection);
    Drain drain(connection, workers);
    const Names told = tell(connection, workers, protocol::shutdown, context);
    if (!drain.wait(told, given->timeout, context)) context.exit_code = kUnfinished;
  });
}

}  // namespace

void add_workers(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("workers", "Show workers, or end them: list, stop, drain, kill");
  group->require_subcommand(0, 1);
  add_examples(*group, R"(  rqpp workers                            who works
  rqpp workers drain my-worker --timeout 10m)");
  add_list(*group, context);
  add_told(*group, context, "stop", "Let workers finish what they run, and end", protocol::shutdown,
           "end once it has finished what it runs",
           "It does not wait for that; `rqpp workers drain` does.");
  add_drain(*group, context);
  add_told(*group, context, "kill", "Kill what workers run; they go on with the next jobs",
           protocol::kill_horse, "kill what it runs",
           "The jobs fail. `rqpp job stop` ends one job only.");
}

}  // namespace rqpp::cli
