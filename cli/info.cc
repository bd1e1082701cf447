#include <fmt/chrono.h>
#include <fmt/format.h>

#include <chrono>
#include <ctime>
#include <memory>
#include <utility>

#include "commands.h"
#include "options.h"
#include "overview.h"
#include "signals.h"
#include "terminal.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

struct InfoArguments {
  std::vector<std::string> queues{};
  double interval_seconds = 0;
  bool only_queues = false;
  bool only_workers = false;
  bool json = false;
  Look look{};
};

std::string local_time() {
  const std::time_t now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  std::tm local{};
  localtime_r(&now, &local);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}", local);
}

std::string picture(const InfoArguments& given, redis::Connection& connection) {
  const Overview overview = read_overview(connection, given.queues, given.look.parts);
  if (given.json) return to_line(to_json(overview, given.look.parts)) + "\n";
  std::string text = to_text(overview, given.look);
  if (given.look.parts == Parts::all && !given.look.raw) {
    text += fmt::format("\nUpdated: {}\n", local_time());
  }
  return text;
}

void repeat(const InfoArguments& given, redis::Connection& connection, Context& context) {
  Signals interrupts{SIGINT, SIGTERM};
  const bool clear = standard_output().interactive && !given.json;
  const auto pause = std::chrono::duration<double>(given.interval_seconds);
  do {
    const std::string text = picture(given, connection);
    context.print(clear ? kClearScreen + text : text);
  } while (context.can_print() &&
           interrupts.wait(std::chrono::ceil<std::chrono::milliseconds>(pause)) == 0);
}

void show(InfoArguments given, Context& context) {
  given.queues = given_words(std::move(given.queues));
  if (given.only_queues) given.look.parts = Parts::queues;
  if (given.only_workers) given.look.parts = Parts::workers;
  const Terminal terminal = standard_output();
  given.look.columns = terminal.columns;
  given.look.colors = wants_colors(terminal);
  redis::Connection connection(context.settings());
  if (given.interval_seconds > 0) {
    repeat(given, connection, context);
  } else {
    context.print(picture(given, connection));
  }
}

}  // namespace

void add_info(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("info", "Show queues and workers");
  auto given = std::make_shared<InfoArguments>();
  command->add_option("QUEUES", given->queues, "These, and workers on them; all if none is given")
      ->type_name("");
  command
      ->add_option("-i,--interval", given->interval_seconds, "Show it again so often; 0.1 or more")
      ->check(CLI::Range(0.1, 86'400.0).description(""))
      ->type_name("SECONDS");
  command->add_flag("-r,--raw", given->look.raw, "Plain lines for programs, without bars and sums");
  auto* queues = command->add_flag("-Q,--only-queues", given->only_queues, "Queues only");
  command->add_flag("-W,--only-workers", given->only_workers, "Workers only")->excludes(queues);
  command->add_flag("-R,--by-queue", given->look.by_queue, "The workers of each queue");
  command->add_flag("--json", given->json, "Print one JSON object, with all counts")
      ->excludes("--raw");
  add_url(*command, context);
  add_examples(*command, R"(  rqpp info                     all queues and workers
  rqpp info -i 1 high low       two queues, again every second
  rqpp info --json | jq '.queues[] | select(.failed > 0)'

It only reads: unlike `rq info` it cleans no registries up. Exit codes: 0, 1 no Redis, 2 usage.)");
  command->callback([given, &context] { show(*given, context); });
}

}  // namespace rqpp::cli
