#include <memory>
#include <string>
#include <vector>

#include "commands.h"
#include "log_options.h"
#include "options.h"

#include <rqpp/scheduler.h>

namespace rqpp::cli {
namespace {

struct SchedulerArguments {
  std::vector<std::string> queues{};
  LogOptions log{};
};

}  // namespace

void add_scheduler(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("scheduler", "Enqueue scheduled jobs when they are due");
  auto given = std::make_shared<SchedulerArguments>();
  add_queues(*command, given->queues);
  add_log_options(*command, given->log);
  add_url(*command, context);
  add_examples(*command,
               R"(  rqpp scheduler                     scheduled jobs of the queue 'default'
  rqpp scheduler high low

It runs no job; `rqpp worker --with-scheduler` does both. Any number may run for the same queues,
RQ's schedulers among them: one has each queue, and another takes over when it stops, or 30 s after
its death. SIGINT or SIGTERM end it.)");
  command->callback([given, &context] {
    context.is_service = true;
    context.exit_code = run_scheduler({.queues = queues_of(given->queues, context),
                                       .url = redis::to_url(context.settings()),
                                       .verbosity = given->log.verbosity,
                                       .log_format = pattern_of(given->log)});
  });
}

}  // namespace rqpp::cli
