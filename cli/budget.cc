// rqpp budget: what a queue and its workers cost this Redis. It does all of it, on the user's own
// server, and counts; see budget_site.h for where.

#include <fmt/format.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include "base/fd.h"
#include "budget_meter.h"
#include "budget_site.h"
#include "budget_steps.h"
#include "budget_table.h"
#include "commands.h"
#include "demo_module.h"
#include "options.h"
#include "own_program.h"
#include "signals.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

struct BudgetArguments {
  int rounds = 3;
  std::chrono::seconds idle{12};
  bool here = false;
  bool json = false;
};

/// A folder that goes with this object.
class LogFolder {
 public:
  LogFolder() {
    std::string name = (fs::temp_directory_path() / "rqpp-budget-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
      throw Error(fmt::format("cannot make the folder '{}': {}", name, base::errno_text(errno)));
    }
    path_ = name;
  }
  LogFolder(const LogFolder&) = delete;
  LogFolder& operator=(const LogFolder&) = delete;
  ~LogFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }

 private:
  fs::path path_{};
};

std::string server_of(redis::Connection& connection) {
  const std::string info = connection.run(redis::Batch{}.add("INFO", "server")).at(0).text;
  for (const auto& [field, name] :
       {std::pair{"valkey_version:", "Valkey"}, std::pair{"redis_version:", "Redis"}}) {
    const std::size_t at = info.find(field);
    if (at == std::string::npos) continue;
    const std::size_t begin = at + std::string_view(field).size();
    return fmt::format("{} {}", name,
                       info.substr(begin, info.find_first_of("\r\n", begin) - begin));
  }
  return "a server of unknown version";
}

class Budget {
 public:
  Budget(const BudgetArguments& given, Context& context, Signals& interrupts)
      : given_(given),
        context_(context),
        modules_(folder_of_fib()),
        site_(context.settings(), given.here ? BudgetPlace::here : BudgetPlace::empty_database),
        meter_(site_.connection()),
        stage_(site_, modules_, logs_.path(), interrupts) {}

  void run() {
    heading_ = {.server = server_of(site_.connection()),
                .url = redis::to_display(site_.settings()),
                .rounds = given_.rounds,
                .foreign_rate = meter_.watch_rest(500ms).commands_per_second};
    if (!given_.json) context_.print(to_text(heading_) + "\n");
    for (const BudgetStep& step : stage_.steps()) measure(step, given_.rounds);
    if (given_.idle > 0s) measure_idle();
    if (given_.json) context_.say(to_line(to_json(heading_, lines_)));
    const std::string more = remarks(heading_, lines_);
    if (!more.empty() && !given_.json) context_.say("\n" + more);
  }

  /// Throws as a Connection.
  void clean_up() {
    stage_.end_workers();
    site_.remove();
  }

 private:
  BudgetLine& measure(const BudgetStep& step, int rounds) {
    const auto between_rounds = [this] {
      site_.let_expire();
      stage_.check_signals();
    };
    return add({step.name, step.stated, meter_.measure(step, rounds, between_rounds)});
  }

  void measure_idle() {
    const BudgetStep step = stage_.idle_minute(given_.idle);
    BudgetCost cost = meter_.measure(step, 1, [this] { stage_.check_signals(); });
    const double minutes = std::chrono::duration<double>(given_.idle) / 60s;
    cost.commands /= minutes;
    cost.cpu_microseconds /= minutes;
    cost.bytes /= minutes;
    if (cost.reads) *cost.reads /= minutes;
    add({step.name, step.stated, cost});
  }

  BudgetLine& add(BudgetLine line) {
    if (!given_.json) context_.print(to_text(line) + "\n");
    return lines_.emplace_back(std::move(line));
  }

  const BudgetArguments& given_;
  Context& context_;
  fs::path modules_;
  LogFolder logs_{};
  BudgetSite site_;
  BudgetMeter meter_;
  BudgetStage stage_;  // goes first: its workers end before what they wrote is removed
  BudgetHeading heading_{};
  std::vector<BudgetLine> lines_{};
};

int budget(const BudgetArguments& given, Context& context) {
  Signals interrupts{SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE};
  adopt_orphans();
  try {
    Budget whole(given, context, interrupts);
    whole.run();
    whole.clean_up();
  } catch (const Interruption&) {
  } catch (const Error&) {
    await_orphans(5s);
    if (interrupts.seen() == 0) throw;
  }
  await_orphans(5s);
  if (const int signal = interrupts.seen()) return 128 + signal;
  return kDone;
}

}  // namespace

void add_budget(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("budget", "Measure what a queue and a worker cost your Redis");
  auto given = std::make_shared<BudgetArguments>();
  command->add_option("--rounds", given->rounds, "How often each step is measured")
      ->check(CLI::Range(1, 100).description(""))
      ->capture_default_str();
  add_duration(
      *command, "--idle", [given](std::chrono::seconds value) { given->idle = value; },
      "How long an idle worker is watched; 0: not at all")
      ->default_str("12");
  command->add_flag(
      "--here", given->here,
      "Measure in the database of the URL, under names of its own, not in an empty one");
  command->add_flag("--json", given->json, "Print one JSON object");
  add_url(*command, context);
  add_examples(*command, R"(  rqpp budget
  rqpp budget --url redis://queue-host/0 --json | jq '.steps[] | select(.commands > .at_most)'

It enqueues and runs about ten thousand small jobs in a database that is empty, and removes every
trace. It takes about a minute. "at most" is what docs/protocol.md promises; "reads" are how often
Redis read from a client, about the round trips. Exit codes: 0, 1 failed, 2 usage, 128 and the
signal's number when interrupted.)");
  command->callback([given, &context] { context.exit_code = budget(*given, context); });
}

}  // namespace rqpp::cli
