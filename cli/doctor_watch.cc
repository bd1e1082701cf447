#include "doctor_watch.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/clock.h"
#include "display.h"
#include "doctor/chart_svg.h"
#include "watch_picture.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

/// What keys do, how often it is looked at, and what that costs.
std::string watch_status(const Observation& observation, const WatchArguments& given,
                         const Display& display) {
  const auto looks = static_cast<double>(observation.timeline().moments());
  std::string text = display.habits(given.interval_seconds);
  if (looks > 1) {
    const doctor::Facts facts = observation.facts();
    double commands = 0;
    for (const auto& [name, calls] : facts.own_calls) commands += static_cast<double>(calls);
    text += fmt::format("; a look costs Redis {:.0f} commands and {:.2g} ms",
                        commands / (looks - 1), facts.cost.usec / 1e3 / (looks - 1));
  }
  return given.record.empty() ? text : text + "; recorded in " + given.record;
}

/// The newest reading in a line; nothing while there is none.
std::string newest_line(const Observation& observation) {
  const auto& readings = observation.timeline().readings();
  if (readings.empty()) return {};
  return watch_line(readings.back(), doctor::clock_text(observation.now()));
}

}  // namespace

void add_watch_options(CLI::App& command, WatchArguments& given) {
  auto* watch = command.add_flag("--watch", given.watch,
                                 "Show its load as graphs until q, or for the time of --for");
  command
      .add_option("-i,--interval", given.interval_seconds,
                  "How often --watch, --record and --report look at it; 0.1 or more")
      ->check(CLI::Range(0.1, 3'600.0).description(""))
      ->type_name("SECONDS")
      ->default_str("1");
  auto* record = command
                     .add_option("--record", given.record,
                                 "Append what is measured to this file, for --replay")
                     ->type_name("FILE");
  auto* replay = command
                     .add_option("--replay", given.replay,
                                 "Show what was recorded, and its findings, without Redis")
                     ->type_name("FILE")
                     ->excludes(watch)
                     ->excludes(record);
  for (const char* other : {"--json", "--repair", "--monitor"}) watch->excludes(other);
  for (const char* other : {"--for", "--repair", "--monitor"}) replay->excludes(other);
  command.add_option("--speed", given.speed, "Of --replay on a terminal: 10 is ten times as fast")
      ->check(CLI::Range(0.01, 1e6).description(""))
      ->needs(replay)
      ->type_name("FACTOR")
      ->default_str("1");
  command
      .add_option("--report", given.report,
                  "Write a page of HTML with graphs and findings to this file")
      ->type_name("FILE");
}

Observation::Observation(const WatchArguments& given, Context& context)
    : opening_{.started = base::now().time_since_epoch() / std::chrono::seconds{1},
               .url = redis::to_display(context.settings())},
      sampler_(context.settings()) {
  opening_.server = sampler_.meet();
  spent_before_ = sampler_.spent();
  if (given.record.empty()) return;
  file_.emplace(given.record);
  file_->begin(opening_);
}

void Observation::look() {
  doctor::Moment moment = sampler_.look();
  if (file_) file_->add(moment);
  timeline_.add(std::move(moment));
}

std::string Observation::title() const {
  return fmt::format("{} {} at {}", opening_.server.software, opening_.server.version,
                     opening_.url);
}

doctor::Facts Observation::facts() const {
  doctor::Facts facts = facts_of_watch(opening_.server, timeline_);
  facts.unseen.insert(facts.unseen.begin(), sampler_.unseen().begin(), sampler_.unseen().end());
  return facts;
}

double Observation::now() const {
  return static_cast<double>(opening_.started) + timeline_.last().sample.at_seconds;
}

Watched Observation::watched() const {
  return {.facts = facts(),
          .readings = timeline_.readings(),
          .started = opening_.started,
          .url = opening_.url};
}

Watched Observation::watched(doctor::Facts facts) {
  for (const auto& [command, calls] : calls_between(spent_before_, sampler_.spent())) {
    facts.own_calls[command] += calls;
  }
  const doctor::Cost added = facts_of_watch(opening_.server, timeline_).cost;
  facts.cost.commands += added.commands;
  facts.cost.usec += added.usec;
  facts.cost.bytes_out += added.bytes_out;
  facts.cost.bytes_in += added.bytes_in;
  if (file_) file_->end(facts);
  return {.facts = std::move(facts),
          .readings = timeline_.readings(),
          .started = opening_.started,
          .url = opening_.url};
}

void observe(Observation& observation, const WatchArguments& given, milliseconds time,
             const std::function<bool(milliseconds)>& pause) {
  const auto interval = interval_of(given.interval_seconds);
  const auto began = Clock::now();
  const auto until = began + time;
  for (auto next = began;; next = std::max(next + interval, Clock::now())) {
    const auto left = std::chrono::ceil<milliseconds>(std::min(next, until) - Clock::now());
    if (left.count() > 0 && !pause(left)) return;
    try {
      observation.look();
    } catch (const ConnectionError&) {  // the visit asks next, and says so
    } catch (const TimeoutError&) {
    }
    if (next >= until) return;
  }
}

Watched watch(const WatchArguments& given, std::optional<milliseconds> time, Context& context) {
  Observation observation(given, context);
  observation.look();
  Display display(context, observation.title());
  const auto draw = [&observation](const PictureLook& look) {
    return watch_picture(observation.timeline().readings(), look);
  };
  display.show(draw, "", watch_status(observation, given, display));
  const auto began = Clock::now();
  keep_looking(
      display, given.interval_seconds,
      [&] {
        observation.look();
        display.show(draw, newest_line(observation), watch_status(observation, given, display));
      },
      [&] { return time && Clock::now() >= began + *time; });
  return observation.watched();
}

}  // namespace rqpp::cli
