#include "suspend.h"

#include <fmt/format.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "commands.h"
#include "options.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "redis/connection.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using std::chrono::seconds;

void suspend(const std::optional<seconds>& duration, Context& context) {
  if (duration && *duration < seconds{1}) {
    throw InvalidArgument(
        fmt::format("--duration: '{}' is too short. Use 1 s or more, or leave the option out to "
                    "suspend until `rqpp resume`",
                    duration->count()));
  }
  redis::Connection(context.settings()).run(protocol::suspend(duration.value_or(seconds{0})));
  const std::string until =
      duration ? fmt::format("in {} s, or at once with `rqpp resume`", duration->count())
               : std::string("with `rqpp resume`");
  context.say(fmt::format(
      "Workers are suspended: they finish what they run and start nothing new. They go on {}.",
      until));
}

void resume(Context& context) {
  redis::Connection connection(context.settings());
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
  auto duration = std::make_shared<std::optional<seconds>>();
  add_duration(
      *command, "--duration", [duration](seconds value) { *duration = value; },
      "How long; 1 s or more. Without it until `rqpp resume`");
  add_url(*command, context);
  add_examples(*command, R"(  rqpp suspend                  until `rqpp resume`
  rqpp suspend --duration 10m   for ten minutes at most

It holds for all workers of this Redis, Python's too. No worker starts meanwhile. Exit codes: 0,
1 no Redis, 2 usage.)");
  command->callback([duration, &context] { suspend(*duration, context); });
}

void add_resume(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("resume", "Let suspended workers go on");
  add_url(*command, context);
  add_examples(*command, R"(  rqpp resume

Exit codes: 0, also if they were not suspended; 1 no Redis, 2 usage.)");
  command->callback([&context] { resume(context); });
}

}  // namespace rqpp::cli
