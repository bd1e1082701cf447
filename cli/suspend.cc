#include "suspend.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/printable.h"
#include "commands.h"
#include "options.h"
#include "protocol/job_record.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "redis/connection.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using std::chrono::seconds;

struct SuspendArguments {
  std::optional<seconds> duration{};
  std::vector<std::string> queues{};  // none: all workers
};

std::string until_when(const std::optional<seconds>& duration, const std::string& resume) {
  return duration ? fmt::format("in {} s, or at once with `{}`", duration->count(), resume)
                  : fmt::format("with `{}`", resume);
}

void pause(const SuspendArguments& given, Context& context) {
  for (const std::string& queue : given.queues) protocol::check_queue_name(queue);
  redis::Batch batch;
  for (const std::string& queue : given.queues) {
    batch.append(protocol::pause_queue(queue, given.duration.value_or(seconds{0})));
  }
  redis::Connection(context.settings()).run(batch);
  for (const std::string& queue : given.queues) {
    const std::string name = base::printable(queue);
    context.say(
        fmt::format("Queue {} is paused: workers of rqpp start no job of it, Python's do. "
                    "They go on {}.",
                    name, until_when(given.duration, "rqpp resume --queue " + name)));
  }
}

void suspend(const SuspendArguments& given, Context& context) {
  const auto& duration = given.duration;
  if (duration && *duration < seconds{1}) {
    throw InvalidArgument(
        fmt::format("--duration: '{}' is too short. Use 1 s or more, or leave the option out to "
                    "suspend until `rqpp resume`",
                    duration->count()));
  }
  if (!given.queues.empty()) return pause(given, context);
  redis::Connection(context.settings()).run(protocol::suspend(duration.value_or(seconds{0})));
  context.say(fmt::format(
      "Workers are suspended: they finish what they run and start nothing new. They go on {}.",
      until_when(duration, "rqpp resume")));
}

void resume_queues(const std::vector<std::string>& queues, redis::Connection& connection,
                   Context& context) {
  redis::Batch batch;
  for (const std::string& queue : queues) batch.append(protocol::resume_queue(queue));
  const auto replies = connection.run(batch);
  for (std::size_t i = 0; i < queues.size(); ++i) {
    context.say(fmt::format("Queue {} {}.", base::printable(queues[i]),
                            replies.at(i).number > 0 ? "goes on" : "was not paused"));
  }
}

void resume(const std::vector<std::string>& queues, Context& context) {
  for (const std::string& queue : queues) protocol::check_queue_name(queue);
  redis::Connection connection(context.settings());
  if (!queues.empty()) return resume_queues(queues, connection, context);
  const bool was_suspended = connection.run(protocol::resume()).at(0).number > 0;
  context.say(was_suspended ? "Workers go on." : "Workers were not suspended.");
}

}  // namespace

void refuse_while_suspended(const redis::Settings& settings) {
  std::optional<protocol::Suspension> found;
  try {
    redis::Connection connection(settings);
    found = protocol::read_suspension(connection.run(protocol::suspension()).at(0));
  } catch (const ConnectionError&) {
    return;
  } catch (const TimeoutError&) {
    return;
  } catch (const CommandError&) {
    return;  // the worker names all that it may not do
  }
  if (!found) return;
  const std::string wait =
      found->left ? fmt::format(", or wait {} s", std::chrono::ceil<seconds>(*found->left).count())
                  : std::string();
  throw Error(fmt::format(
      "RQ is currently suspended. To resume job execution run \"rqpp resume\"{}.", wait));
}

void add_suspend(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("suspend", "Pause all workers; running jobs finish first");
  auto given = std::make_shared<SuspendArguments>();
  add_duration(
      *command, "--duration", [given](seconds value) { given->duration = value; },
      "How long; 1 s or more. Without it until `rqpp resume`");
  add_repeatable(*command, "--queue", given->queues,
                 "Pause this queue alone, for workers of rqpp; may be repeated")
      ->type_name("NAME");
  add_url(*command, context);
  add_examples(*command, R"(  rqpp suspend                  until `rqpp resume`
  rqpp suspend --duration 10m   for ten minutes at most
  rqpp suspend --queue mail     no more jobs of this queue

It holds for all workers of this Redis, Python's too. No worker starts meanwhile. With --queue it
holds for workers of rqpp alone: Python's do not know of it. Exit codes: 0, 1 no Redis, 2 usage.)");
  command->callback([given, &context] { suspend(*given, context); });
}

void add_resume(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("resume", "Let suspended workers go on");
  auto queues = std::make_shared<std::vector<std::string>>();
  add_repeatable(*command, "--queue", *queues, "End the pause of this queue; may be repeated")
      ->type_name("NAME");
  add_url(*command, context);
  add_examples(*command, R"(  rqpp resume
  rqpp resume --queue mail

Exit codes: 0, also if they were not suspended; 1 no Redis, 2 usage.)");
  command->callback([queues, &context] { resume(*queues, context); });
}

}  // namespace rqpp::cli
