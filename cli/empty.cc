#include <fmt/format.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "all_names.h"
#include "base/printable.h"
#include "commands.h"
#include "options.h"
#include "redis/connection.h"

namespace rqpp::cli {
namespace {

struct EmptyArguments {
  std::vector<std::string> queues{};
  bool all = false;
};

std::vector<std::string> queues_of(const EmptyArguments& given, Context& context) {
  if (!given.all) return given_words(given.queues);
  redis::Connection connection(context.settings());
  return all_queues(connection);
}

void empty(const EmptyArguments& given, Context& context) {
  const std::vector<std::string> names = queues_of(given, context);
  if (names.empty()) return context.say("Nothing to do");
  // All names are checked before the first job is gone.
  std::vector<Queue> queues{context.queue(names.front())};
  for (std::size_t i = 1; i < names.size(); ++i) queues.push_back(queues[0].sibling(names[i]));
  for (Queue& queue : queues) {
    const std::int64_t removed = queue.clear();
    context.print(
        fmt::format("{} jobs removed from {} queue\n", removed, base::printable(queue.name())));
  }
}

}  // namespace

void add_empty(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("empty", "Remove the jobs that wait in queues");
  auto given = std::make_shared<EmptyArguments>();
  command->add_option("QUEUES", given->queues, "The queues' names")->type_name("");
  command->add_flag("-a,--all", given->all, "Empty all queues");
  add_url(*command, context);
  add_examples(*command, R"(  rqpp empty high low
  rqpp empty --all

It deletes the jobs themselves, a hundred at a time. Those that arrive meanwhile stay, and so do
jobs that run, are scheduled, or have ended. Exit codes: 0, 1 no Redis, 2 usage.)");
  command->callback([given, &context] { empty(*given, context); });
}

}  // namespace rqpp::cli
