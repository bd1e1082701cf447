// rqpp registry list and delete: the jobs of a queue that do not wait in it.

#include <rqpp/registry.h>

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/printable.h"
#include "commands.h"
#include "filter_options.h"
#include "json_text.h"
#include "moment.h"
#include "options.h"
#include "progress_bar.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

constexpr std::array kKinds{RegistryKind::finished,  RegistryKind::failed,
                            RegistryKind::started,   RegistryKind::deferred,
                            RegistryKind::scheduled, RegistryKind::canceled};

struct RegistryArguments {
  RegistryKind kind = RegistryKind::failed;
  std::string queue{};
  std::int64_t offset = 0;
  std::int64_t count = 100;
  std::vector<std::string> ids{};
  bool all = false;
  std::optional<std::int64_t> keep{};
  JobFilter filter{};
  bool json = false;

  bool filters() const { return filter != JobFilter{}; }
};

RegistryKind kind_of(const std::string& word) {
  for (const RegistryKind kind : kKinds) {
    if (word == to_string(kind)) return kind;
  }
  throw InvalidArgument(fmt::format(
      "there is no registry '{}': use finished, failed, started, deferred, scheduled or "
      "canceled",
      base::printable(word)));
}

Registry registry_of(const RegistryArguments& given, Context& context) {
  return context.queue(given.queue).registry(given.kind);
}

Json summary_of(const JobInfo& job) {
  const auto text = [](const std::string& value) { return value.empty() ? Json() : Json(value); };
  return {{"id", job.id},
          {"status", job.status ? Json(std::string(to_string(*job.status))) : Json()},
          {"description", job.description},
          {"worker", text(job.worker)},
          {"created_at", text(moment_text(job.created_at))},
          {"enqueued_at", text(moment_text(job.enqueued_at))},
          {"started_at", text(moment_text(job.started_at))},
          {"ended_at", text(moment_text(job.ended_at))}};
}

std::string line_of(const JobInfo& job) {
  const auto& since = job.ended_at ? job.ended_at : job.enqueued_at;
  return fmt::format("{}  {}  {}\n", base::printable(job.id),
                     since ? moment_text(since) : std::string("-"),
                     base::printable(job.description));
}

void list(const RegistryArguments& given, Context& context) {
  const Registry registry = registry_of(given, context);
  const std::int64_t all = registry.count();
  const std::vector<JobInfo> jobs = registry.jobs(given.offset, given.count);
  if (given.json) {
    Json array = Json::array();
    for (const JobInfo& job : jobs) array.push_back(summary_of(job));
    return context.say(to_line(Json{{"queue", given.queue},
                                    {"registry", std::string(to_string(given.kind))},
                                    {"count", all},
                                    {"jobs", array}}));
  }
  std::string text;
  for (const JobInfo& job : jobs) text += line_of(job);
  context.print(text);
  context.say(fmt::format("{} of {} {} jobs of queue {}", jobs.size(), all, to_string(given.kind),
                          base::printable(given.queue)));
}

Registry::BulkResult remove_chosen(Registry& registry, const RegistryArguments& given,
                                   Context& context) {
  if (!given.ids.empty()) return registry.remove(given_words(given.ids));
  std::optional<ProgressBar> bar;
  const auto show = [&](std::int64_t looked_at, std::int64_t of) {
    if (!bar) bar.emplace(context, of);
    bar->show(looked_at);
  };
  return given.keep ? registry.trim(*given.keep, show) : registry.remove_all(given.filter, show);
}

void remove(const RegistryArguments& given, Context& context) {
  const int ways =
      (given.ids.empty() ? 0 : 1) + (given.keep ? 1 : 0) + (given.all || given.filters() ? 1 : 0);
  if (ways != 1) {
    throw InvalidArgument(
        "say which jobs: some IDS, or --keep N, or --all, or --error, --task and --older-than");
  }
  Registry registry = registry_of(given, context);
  const Registry::BulkResult tally = remove_chosen(registry, given, context);
  if (given.json) {
    context.say(to_line(
        Json{{"deleted", tally.changed}, {"gone", tally.gone}, {"unchanged", tally.unchanged}}));
  } else {
    context.say(fmt::format("{} jobs deleted", tally.changed));
  }
  if (given.ids.empty() || tally.unchanged == 0) return;
  context.complain(fmt::format("{} are not among the {} jobs of queue '{}'", tally.unchanged,
                               to_string(given.kind), base::printable(given.queue)));
  context.exit_code = kFailed;
}

CLI::App* add_one(CLI::App& group, const char* name, const char* about, RegistryArguments& given) {
  CLI::App* command = group.add_subcommand(name, about);
  command
      ->add_option_function<std::string>(
          "REGISTRY", [&given](const std::string& word) { given.kind = kind_of(word); },
          "finished, failed, started, deferred, scheduled or canceled")
      ->required()
      ->type_name("");
  command->add_option("--queue", given.queue, "The queue's name")->required()->type_name("NAME");
  command->add_flag("--json", given.json, "Print JSON");
  return command;
}

}  // namespace

void add_registry(CLI::App& app, Context& context) {
  auto* group = app.add_subcommand("registry",
                                   "Look through and clear out finished, failed, canceled … jobs");
  ask_for_command(*group);
  auto given = std::make_shared<RegistryArguments>();

  CLI::App* command = add_one(*group, "list", "The jobs of a registry, by pages", *given);
  command->add_option("--offset", given->offset, "The place of the first one")
      ->capture_default_str();
  command->add_option("--count", given->count, "How many at most")->capture_default_str();
  add_url(*command, context);
  add_examples(*command, R"(  rqpp registry list failed --queue mail
  rqpp registry list finished --queue mail --offset 100 --json

The first to be forgotten, or due, comes first. To look cleans nothing up. Exit codes: 0, 1 no Redis,
2 usage.)");
  command->callback([given, &context] { list(*given, context); });

  command = add_one(*group, "delete", "Delete jobs of a registry, with their results", *given);
  command->add_option("IDS", given->ids, "Their ids")->type_name("");
  command->add_flag("-a,--all", given->all, "All current jobs of the registry");
  command
      ->add_option_function<std::int64_t>(
          "--keep", [given](std::int64_t count) { given->keep = count; },
          "Keep the newest N; delete the rest")
      ->type_name("N");
  add_filter(*command, given->filter);
  add_url(*command, context);
  add_examples(*command, R"(  rqpp registry delete failed --queue mail --older-than 30d
  rqpp registry delete finished --queue mail --keep 1000
  rqpp registry delete canceled --queue mail --all

A hundred at a time, so that Redis is never held up. To put failed jobs back see `rqpp requeue`. Exit
codes: 0, 1 some jobs were not there, 2 usage.)");
  command->callback([given, &context] { remove(*given, context); });
}

}  // namespace rqpp::cli
