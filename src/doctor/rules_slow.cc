#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>

#include "doctor/command_line.h"
#include "doctor/costly_commands.h"
#include "doctor/quantities.h"
#include "doctor/rules.h"
#include "doctor/thresholds.h"

namespace rqpp::doctor {
namespace {

std::string per_call(const Facts& facts, const CommandLoad& command) {
  const std::string text =
      fmt::format("{} calls per second, {} each", rate_text(command.per_second),
                  usec_text(command.usec_per_call));
  const auto found = facts.latencies.find(command.name);
  if (found == facts.latencies.end()) return text;
  return fmt::format("{} (p99 since the start {})", text, usec_text(found->second.p99));
}

std::optional<Severity> severity_of_costly(const CommandLoad& command) {
  const bool walks_all = command.name == "keys";
  if (command.usec_per_call < kLongCallUsec && !walks_all) return std::nullopt;
  if (command.core >= kCostlyCriticalCore) return Severity::critical;
  const bool blocks =
      command.usec_per_call >= kCostlyOnceUsec ||
      (command.usec_per_call >= kCostlyWarningUsec && command.core >= kCostlyLeastCore);
  if (command.core >= kCostlyWarningCore || blocks) return Severity::warning;
  if (walks_all || command.usec_per_call >= kCostlyNoteUsec) return Severity::note;
  return std::nullopt;
}

/// A note about a command that is used in ways of which one is costly would be about every server.
bool worth_a_note(const CostlyCommand& command) {
  constexpr std::array<std::string_view, 4> kNeverHarmless{"keys", "smembers", "hgetall", "sort"};
  return std::find(kNeverHarmless.begin(), kNeverHarmless.end(), command.name) !=
         kNeverHarmless.end();
}

void find_costly(const Facts& facts, const Load& load, Findings& findings) {
  for (const CostlyCommand& costly : costly_commands()) {
    const CommandLoad* command = load.find(std::string(costly.name));
    if (command == nullptr) continue;
    const auto severity = severity_of_costly(*command);
    if (!severity || (*severity == Severity::note && !worth_a_note(costly))) continue;
    const std::string shown = shown_command(costly.name);
    const double share = load.share(command->core);
    findings.push_back(
        {.id = "costly-command",
         .severity = *severity,
         .subject = shown,
         .title = fmt::format("{} takes {} of Redis' CPU: {}", shown, share_text(share),
                              per_call(facts, *command)),
         .share = share,
         .per_second = command->per_second,
         .offenders = offenders_of(facts, shown),
         .why = fmt::format("{} {}. Its time grows with the data, and Redis serves nobody else "
                            "meanwhile.",
                            shown, costly.does),
         .cure = std::string(costly.cure)});
  }
}

std::optional<Severity> severity_of_script(const CommandLoad& script) {
  const bool long_runs = script.usec_per_call >= kScriptWarningUsec;
  if (long_runs && script.core >= kScriptCriticalCore) return Severity::critical;
  if (long_runs && (script.core >= kScriptWarningCore || script.usec_per_call >= kCostlyOnceUsec)) {
    return Severity::warning;
  }
  if (script.usec_per_call >= kScriptNoteUsec && script.core >= kScriptNoteCore) {
    return Severity::note;
  }
  return std::nullopt;
}

void find_scripts(const Facts& facts, const Load& load, Findings& findings) {
  for (const CommandLoad& script : load.commands) {
    if (!calls_script(script.name)) continue;
    const auto severity = severity_of_script(script);
    if (!severity) continue;
    const std::string shown = shown_command(script.name);
    const double share = load.share(script.core);
    findings.push_back(
        {.id = "heavy-script",
         .severity = *severity,
         .subject = shown,
         .title = fmt::format("Scripts by {} take {} of Redis' CPU: {}", shown, share_text(share),
                              per_call(facts, script)),
         .share = share,
         .per_second = script.per_second,
         .offenders = offenders_of(facts, shown),
         .why = "While a script runs Redis serves nobody else. One that loops over many keys or "
                "members blocks everybody for as long as it takes.",
         .cure = "Do a slice per call: at most 100 items, the cursor or what is left as the return "
                 "value, and the client calls again. What need not be atomic is cheaper as plain "
                 "commands in one pipeline. Which script it is: `sha1sum` of its text begins with "
                 "the digits shown."});
  }
}

// What commandstats showed already is not said again.
bool is_known(const Findings& findings, const std::string& command) {
  return std::any_of(findings.begin(), findings.end(), [&command](const Finding& finding) {
    return finding.subject == command && finding.severity >= Severity::warning;
  });
}

void find_in_slow_log(const Facts& facts, Findings& findings) {
  if (!facts.slow_log) return;
  for (const SlowCalls& calls : facts.slow_log->calls) {
    if (calls.age_seconds > kSlowLogAge || is_known(findings, calls.command)) continue;
    const bool warns = (calls.worst_usec >= kSlowWarningUsec && calls.calls >= kSlowWarningCalls) ||
                       calls.worst_usec >= kSlowOnceUsec;
    if (!warns) continue;
    const double worst = static_cast<double>(calls.worst_usec);
    findings.push_back(
        {.id = "slow-calls",
         .severity = Severity::warning,
         .subject = calls.command,
         .title = fmt::format("{} was slow {}, up to {}, the last time {} ago", calls.command,
                              counted(calls.calls, "time"), usec_text(worst),
                              age_text(calls.age_seconds)),
         .offenders = offenders_of(facts, calls.command),
         .why = "Redis served nobody else for so long. Clients saw it as a pause.",
         .cure = "Give each call less to do: pages of 100 instead of all (SCAN, SSCAN, ZSCAN, "
                 "HSCAN, LIMIT), UNLINK instead of DEL, scripts in slices. `SLOWLOG GET 10` shows "
                 "the calls in full. If these calls are small, the machine took the CPU away: "
                 "look for other programs and for huge pages."});
  }
}

void find_latencies(const Facts& facts, Findings& findings) {
  for (const LatencyEvent& event : facts.latency_events) {
    if (event.age_seconds > kSlowLogAge || event.worst_ms < kLatencyNoteMs) continue;
    if (event.name == "command" || event.name == "fast-command") continue;  // in the slow log
    findings.push_back(
        {.id = "latency-event",
         .severity = event.latest_ms >= kLatencyWarningMs ? Severity::warning : Severity::note,
         .subject = event.name,
         .title =
             fmt::format("Redis paused for {} ms ({}), {} ago; {} ms at worst", event.latest_ms,
                         event.name, age_text(event.age_seconds), event.worst_ms),
         .why = "Nobody is served during such a pause.",
         .cure = "`LATENCY DOCTOR` explains the event. fork: less memory, or no huge pages; "
                 "aof-*: a faster disk, `appendfsync everysec`; expire-cycle: spread the times to "
                 "live; eviction-*: more memory."});
  }
}

}  // namespace

void find_slow(const Facts& facts, const Load& load, Findings& findings) {
  find_costly(facts, load, findings);
  find_scripts(facts, load, findings);
  find_in_slow_log(facts, findings);
  find_latencies(facts, findings);
}

}  // namespace rqpp::doctor
