#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "base/clock.h"
#include "base/log.h"
#include "base/printable.h"
#include "base/private_process.h"
#include "codec/timestamp.h"
#include "codec/wire_call.h"
#include "commands.h"
#include "cron_file.h"
#include "log_options.h"
#include "options.h"
#include "scheduler/cron.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

struct CronArguments {
  std::string file{};
  std::string group{};
  int show = 0;
  LogOptions log{};
};

/// The next runs of each entry, for whoever writes the file.
void show(const std::vector<scheduler::CronEntry>& entries, int count, Context& context) {
  const auto now = std::chrono::floor<std::chrono::seconds>(base::now());
  for (const scheduler::CronEntry& entry : entries) {
    context.say(fmt::format("[{}] {}", base::printable(entry.name),
                            base::printable(codec::describe(entry.call))));
    if (!entry.expression) {
      context.say(fmt::format("  every {} s", entry.every.count()));
      continue;
    }
    auto next = entry.expression->next(now, entry.zone);
    for (int i = 0; i < count && next; ++i, next = entry.expression->next(*next, entry.zone)) {
      const auto offset = entry.zone(*next).offset;
      context.say(fmt::format("  {} UTC, {} in {}", codec::format_iso(*next).substr(0, 19),
                              codec::format_iso(*next + offset).substr(11, 8), entry.zone_name));
    }
  }
}

void run(const CronArguments& given, Context& context) {
  auto entries = parse_cron_file(read_file(given.file), given.file, read_file);
  if (given.show > 0) return show(entries, given.show, context);
  const base::Log log = base::Log::to_stderr(
      {.level = base::level_of(given.log.verbosity), .pattern = pattern_of(given.log)});
  context.is_service = true;
  const base::PrivateProcess keeps_the_password;  // from jobs of this user
  const redis::Settings& settings = context.settings();
  base::Notify notify = base::Notify::take_from_environment(log);
  const std::filesystem::path path = std::filesystem::absolute(given.file);
  scheduler::Cron cron({.entries = std::move(entries),
                        .file = path.string(),
                        .group = given.group.empty() ? path.stem().string() : given.group},
                       settings, std::move(notify), log);
  cron.run();
}

}  // namespace

void add_cron(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("cron", "Enqueue calls at fixed times, as a file says");
  auto given = std::make_shared<CronArguments>();
  command->add_option("FILE", given->file, "The file, see below")->required()->type_name("");
  command
      ->add_option("--group", given->group,
                   "Copies with the same group share the work. Without: the file's name without "
                   "its ending")
      ->type_name("NAME");
  command->add_option("--show", given->show, "Print the next N runs of each entry, and end")
      ->check(CLI::Range(1, 1000).description(""))
      ->type_name("N");
  add_log_options(*command, given->log);
  add_url(*command, context);
  add_examples(*command, R"(  rqpp cron nightly.cron
  rqpp cron nightly.cron --show 3     when would it run?

The file:
  # for all entries
  timezone = Europe/Berlin

  [report]
  run = reports.build 'last month' draft:=true
  cron = 30 2 * * mon-fri
  queue = reports

  [ping]
  run = monitor.ping
  every = 30s

run       module.function and its arguments, as for `rqpp enqueue`
cron      minute hour day month weekday, and after them a second if there is a sixth; ranges 1-5, lists
          1,15, steps */10, names mon, jan, L for the last day of a month, fri#2 for the second
          Friday; or @hourly, @daily, @weekly, @monthly, @yearly
every     or at intervals: 90, 90s, 5m, 2h, 1d; the first run is at once
timezone  a name as America/New_York, or UTC; without it local time, that of TZ or of the machine. A time
          that is skipped when the clocks go forward runs at that moment, one that comes twice runs
          the first time; with hour * each time
overlap   allow, or skip a run while the job of the one before has not ended
missed    what was due while no copy ran: skip it (unless it is less than a minute late), run once
          for all, or run all
queue, timeout, result-ttl, failure-ttl, ttl, description, serializer, at-front = yes
          as for `rqpp enqueue`
webhook   as for `rqpp enqueue`, 'POST failed https://example.com/alarm'; may stand more than once

Start several copies: one leads, and another takes over when it ends, or 10 s after its death. No run
is enqueued twice. Exit codes: 0 it was stopped, 1 no Redis, 2 the file or an option is wrong.)");
  command->callback([given, &context] { run(*given, context); });
}

}  // namespace rqpp::cli
