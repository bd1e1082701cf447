// rqpp doctor: what ails a Redis, and what to do about it. What it looks at is in src/doctor.

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <memory>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/printable.h"
#include "commands.h"
#include "doctor/diagnose.h"
#include "doctor/html_report.h"
#include "doctor/repair.h"
#include "doctor/visit.h"
#include "doctor_watch.h"
#include "findings_text.h"
#include "options.h"
#include "protocol/rights.h"
#include "redis/connection.h"
#include "report_file.h"
#include "signals.h"
#include "terminal.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using doctor::Facts;
using doctor::Finding;
using doctor::Severity;
using std::chrono::seconds;

constexpr int kFound = 3;  // what --fail-on asks for

struct DoctorArguments {
  doctor::VisitOptions visit{};
  std::optional<Severity> fail_on{};
  WatchArguments watch{};
  std::optional<std::chrono::milliseconds> time{};  // --for, if it was given
  bool json = false;
  bool repair = false;
  std::vector<protocol::Role> acl{};
};

Severity severity_of(const std::string& word) {
  for (const Severity severity : {Severity::note, Severity::warning, Severity::critical}) {
    if (word == severity_word(severity)) return severity;
  }
  throw InvalidArgument(
      fmt::format("--fail-on: '{}' is neither note, warning nor critical", base::printable(word)));
}

protocol::Role role_of(const std::string& word) {
  for (const protocol::Role role : protocol::kRoles) {
    if (word == protocol::role_name(role)) return role;
  }
  throw InvalidArgument(fmt::format(
      "--acl: '{}' is not one of producer, worker, scheduler, cron, monitor and operator",
      base::printable(word)));
}

std::vector<protocol::Role> roles_of(std::string_view words) {
  std::vector<protocol::Role> roles;
  for (bool more = true; more;) {
    const std::size_t comma = std::min(words.find(','), words.size());
    roles.push_back(role_of(std::string(words.substr(0, comma))));
    more = comma < words.size();
    words.remove_prefix(std::min(comma + 1, words.size()));
  }
  return roles;
}

std::chrono::milliseconds measured(const char* option, seconds value) {
  constexpr seconds kMost{3'600};
  if (value < seconds{1} || value > kMost) {
    throw InvalidArgument(fmt::format("{}: use 1 s to 1 h", option));
  }
  return value;
}

Watched examine(const DoctorArguments& given, Context& context) {
  Signals interrupts{SIGINT, SIGTERM};
  std::optional<Observation> observation;
  if (!given.watch.record.empty() || !given.watch.report.empty()) {
    observation.emplace(given.watch, context);
  }
  const auto pause = [&interrupts](std::chrono::milliseconds time) {
    return interrupts.wait(time) == 0;
  };
  const doctor::VisitSurroundings surroundings{
      .wait =
          [&](std::chrono::milliseconds time) {
            if (observation) return observe(*observation, given.watch, time, pause);
            pause(time);
          },
      .impatient = [&interrupts] { return interrupts.seen() != 0; },
      .notice = [&context](std::string_view line) { context.complain(line); }};
  Facts facts = doctor::visit(context.settings(), given.visit, surroundings);
  if (observation) return observation->watched(std::move(facts));
  return {.facts = std::move(facts), .url = redis::to_display(context.settings())};
}

Watched look(const DoctorArguments& given, Context& context) {
  if (!given.watch.replay.empty()) return replay(given.watch, given.json, context);
  if (given.watch.watch) return watch(given.watch, given.time, context);
  return examine(given, context);
}

void write_report(ReportFile& file, const Watched& watched, const std::vector<Finding>& findings,
                  Context& context) {
  file.write(doctor::html_report({.facts = watched.facts,
                                  .findings = findings,
                                  .readings = watched.readings,
                                  .started = static_cast<double>(watched.started),
                                  .url = watched.url}));
  context.complain(base::printable(fmt::format("the report is in '{}'", file.path())));
}

const char* word_of(doctor::Repaired repaired) {
  switch (repaired) {
    case doctor::Repaired::done:
      return "done";
    case doctor::Repaired::later:
      return "again in a minute";
    case doctor::Repaired::not_needed:
      break;
  }
  return "not needed";
}

/// Does what can be done, and says what. Returns it for --json.
Json repair(const DoctorArguments& given, const Facts& facts, Context& context) {
  const auto repairs = doctor::repairs_for(facts);
  if (facts.server.role == "slave" && !repairs.empty()) {
    throw Error(
        "--repair: this is a replica, which takes no writes. Give the address of its "
        "master: `redis-cli info replication` has it.");
  }
  redis::Connection connection(context.settings());
  Json list = Json::array();
  for (const doctor::Repair& each : repairs) {
    const std::string outcome = word_of(perform(connection, each, base::now()));
    list.push_back({{"finding", each.finding}, {"text", each.text}, {"outcome", outcome}});
    if (!given.json) context.say(base::printable(fmt::format("{}: {}", outcome, each.text)));
  }
  if (!given.json && repairs.empty()) context.say("Nothing to repair.");
  return list;
}

/// What --repair would do; in full, since people want to see it before.
void list_repairs(const Facts& facts, Context& context) {
  constexpr std::size_t kShown = 20;
  const auto repairs = doctor::repairs_for(facts);
  if (repairs.empty()) return;
  context.say(fmt::format("\n`rqpp doctor --repair` would do {}:", repairs.size()));
  for (std::size_t i = 0; i < std::min(kShown, repairs.size()); ++i) {
    context.say("  " + base::printable(repairs[i].text));
  }
  if (repairs.size() > kShown) context.say(fmt::format("  and {} more", repairs.size() - kShown));
}

void show(const DoctorArguments& given, Context& context) {
  std::optional<ReportFile> report;
  if (!given.watch.report.empty()) report.emplace(given.watch.report);
  const Watched watched = look(given, context);
  const Facts& facts = watched.facts;
  const auto findings = doctor::diagnose(facts);
  const std::string& url = watched.url;
  if (given.json) {
    Json json = findings_json(facts, findings, url);
    if (given.repair) json["repairs"] = repair(given, facts, context);
    context.say(to_line(json));
  } else {
    const Terminal terminal = standard_output();
    context.print(
        findings_text(facts, findings,
                      {.url = url, .colors = wants_colors(terminal), .columns = terminal.columns}));
    if (given.repair) {
      repair(given, facts, context);
    } else if (given.watch.replay.empty()) {
      list_repairs(facts, context);
    }
  }
  if (report) write_report(*report, watched, findings, context);
  const bool found = std::any_of(findings.begin(), findings.end(), [&given](const Finding& each) {
    return given.fail_on && each.severity >= *given.fail_on;
  });
  if (found) context.exit_code = kFound;
}

}  // namespace

void add_doctor(CLI::App& app, Context& context) {
  auto* command = app.add_subcommand("doctor", "Find out what keeps a Redis busy, and the cure");
  auto given = std::make_shared<DoctorArguments>();
  add_duration(
      *command, "--for",
      [given](seconds value) { given->time = given->visit.window = measured("--for", value); },
      "How long to measure the load")
      ->default_str("10s");
  add_duration(
      *command, "--monitor",
      [given](seconds value) { given->visit.monitor = measured("--monitor", value); },
      "Then run MONITOR for this time, such as 2s, and name keys and clients. Redis needs two to "
      "four times the CPU meanwhile");
  command->add_flag_callback(
      "--force",
      [given] { given->visit.most_cpu_to_monitor = std::numeric_limits<double>::infinity(); },
      "Run --monitor even if Redis uses more than half a core");
  command->add_option("--keys", given->visit.keys, "Approximate number of keys to sample; 0: none")
      ->check(CLI::Range(0, 1'000'000).description(""))
      ->type_name("N")
      ->capture_default_str();
  command->add_flag("--all-clients", given->visit.all_clients,
                    "List all clients; costs Redis about 2 us per client");
  command->add_flag("--repair", given->repair,
                    "Repair what can be repaired safely; the report lists it otherwise");
  command
      ->add_option_function<std::string>(
          "--fail-on", [given](const std::string& word) { given->fail_on = severity_of(word); },
          "Exit with 3 on a finding of this severity or worse: note, warning or critical")
      ->type_name("SEVERITY");
  command
      ->add_option_function<std::string>(
          "--acl", [given](const std::string& words) { given->acl = roles_of(words); },
          "Print the ACL command for a user with the least rights of a producer, worker, "
          "scheduler, cron, monitor or operator, or of several (worker,scheduler); set its "
          "password")
      ->type_name("ROLE");
  command->add_flag("--json", given->json, "Print one JSON object");
  add_watch_options(*command, given->watch);
  add_url(*command, context);
  add_examples(*command,
               R"(  rqpp doctor                             look for 10 s, and say what is wrong
  rqpp doctor --for 60s --monitor 2s      name the keys and the clients as well
  rqpp doctor --fail-on warning --json    for monitoring
  rqpp doctor --watch                     graphs of the load, until q
  rqpp doctor --watch --record day.jsonl  and keep them
  rqpp doctor --replay day.jsonl --speed 10 --report day.html
  rqpp doctor --acl worker | redis-cli    make a user that may do what a worker does

It reads only (but for --repair), asks for little at a time, and says at the end what it cost. What
Redis does not let this user see is left out and listed. docs/doctor.md explains every finding. Exit
codes: 0, 1 no Redis, 2 usage, 3 something is as bad as --fail-on says.)");
  command->callback([given, &context] {
    if (!given->acl.empty()) {
      context.say(protocol::acl_line(given->acl));
    } else {
      show(*given, context);
    }
  });
}

}  // namespace rqpp::cli
