#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "commands.h"
#include "display.h"
#include "doctor/chart_svg.h"
#include "options.h"
#include "terminal.h"
#include "top_picture.h"
#include "top_reader.h"

namespace rqpp::cli {
namespace {

struct TopArguments {
  std::vector<std::string> queues{};
  double interval_seconds = 1;
  int count = 0;  ///< Of looks; 0: until the user ends it.
};

/// What keys do, how often it looks, and what that costs.
std::string top_status(const TopReader& reader, const TopArguments& given, const Display& display) {
  return fmt::format("{}; a look costs Redis {:.0f} commands",
                     display.habits(given.interval_seconds), reader.commands_per_look());
}

/// Asks for no more than a terminal shows: lines for programs do not have what a worker runs.
void look_once(TopReader& reader, TopState& state) {
  state.take(reader.look());
  const Terminal terminal = standard_output();
  if (!terminal.interactive) return;
  const auto lines = static_cast<std::size_t>(std::clamp(terminal.rows, 0, 100));
  for (const auto& [run, start] : reader.starts(state.unknown_starts(lines))) {
    state.learn_start(run, start);
  }
}

std::vector<std::string> sorted_words(std::vector<std::string> words) {
  words = given_words(std::move(words));
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

void run_top(TopArguments given, Context& context) {
  given.queues = sorted_words(std::move(given.queues));
  TopReader reader(context.settings(), given.queues);
  TopState state(given.queues.empty() ? TopScope::all_queues : TopScope::some_queues);
  look_once(reader, state);

  Display display(context, redis::to_display(context.settings()));
  int shown = 0;
  const auto show = [&] {
    const double now = std::chrono::duration<double>(state.now().time_since_epoch()).count();
    display.show([&state](const PictureLook& look) { return top_picture(state, look); },
                 top_line(state, doctor::clock_text(now)), top_status(reader, given, display));
    ++shown;
  };
  const auto enough = [&] { return given.count > 0 && shown >= given.count; };
  show();
  keep_looking(
      display, given.interval_seconds,
      [&] {
        look_once(reader, state);
        show();
      },
      enough);
  // The last picture is there to be seen.
  if (enough() && display.on_screen()) display.wait(interval_of(given.interval_seconds));
}

}  // namespace

void add_top(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("top", "Watch queues and workers");
  auto given = std::make_shared<TopArguments>();
  command->add_option("QUEUES", given->queues, "These, and workers on them; all if none is given")
      ->type_name("");
  command->add_option("-i,--interval", given->interval_seconds, "Refresh interval; 0.1 or more")
      ->check(CLI::Range(0.1, 3'600.0).description(""))
      ->type_name("SECONDS")
      ->default_str("1");
  command->add_option("-n,--count", given->count, "Exit after this many refreshes; 1 or more")
      ->check(CLI::Range(1, 1'000'000'000).description(""))
      ->type_name("COUNT");
  add_url(*command, context);
  add_examples(*command, R"(  rqpp top                      all queues and workers, until q
  rqpp top -i 5 high low        two queues and their workers, each five seconds
  rqpp top -i 10 >> jobs.log    a line for each look

Without a terminal it prints a line for each look; `rqpp info` tells programs how things are now.

It only reads. A look costs Redis seven commands for each of at most 100 queues and one for each of
at most 100 workers, however many jobs there are; where there are more they take turns. One more
asks since when a job runs, once for each that a terminal shows. Jobs done a second are those that
went into a registry, or what workers say that they have done, which workers of rqpp do when they
fall idle and each 30 s: whichever is more.)");
  command->callback([given, &context] { run_top(*given, context); });
}

}  // namespace rqpp::cli
