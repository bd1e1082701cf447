#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "doctor/command_line.h"
#include "doctor/empty_pops.h"
#include "doctor/quantities.h"
#include "doctor/rules.h"
#include "doctor/thresholds.h"

namespace rqpp::doctor {
namespace {

/// How many reads of keys found nothing, 0 to 1.
double missed(const Facts& facts) {
  const double hits = growth(facts.before.hits, facts.after.hits).value_or(0);
  const double misses = growth(facts.before.misses, facts.after.misses).value_or(0);
  return misses > 0 ? misses / (hits + misses) : 0;
}

Finding about_command(const Facts& facts, const Load& load, const CommandLoad& command) {
  const std::string shown = shown_command(command.name);
  const double share = load.share(command.core_with_io);
  return {.subject = shown,
          .title = fmt::format("{} is called {} times per second: with its way in and out {} of "
                               "Redis' CPU",
                               shown, rate_text(command.per_second), share_text(share)),
          .share = share,
          .per_second = command.per_second,
          .offenders = offenders_of(facts, shown)};
}

void find_id_checks(const Facts& facts, const Load& load, Findings& findings) {
  constexpr std::array<const char*, 6> kChecks{"exists",  "sismember", "smismember",
                                               "hexists", "zscore",    "type"};
  for (const char* name : kChecks) {
    const CommandLoad* command = load.find(name);
    if (command == nullptr || command->per_second < kFloodRate ||
        command->core_with_io < kFloodWarningCore) {
      continue;
    }
    Finding finding = about_command(facts, load, *command);
    finding.id = "id-checks";
    finding.severity =
        command->core_with_io >= kFloodCriticalCore ? Severity::critical : Severity::warning;
    finding.why =
        "Each check is a round trip and a system call on both sides, for one bit that "
        "seldom changes.";
    finding.cure =
        "Keep the ids in the memory of who asks: `rqpp::IdCache` follows a set, a hash "
        "or a prefix by what Redis pushes (docs/scans-and-ids.md), and a check costs "
        "nanoseconds. Else ask for many at once: SMISMEMBER, or a pipeline.";
    findings.push_back(std::move(finding));
  }
}

void find_read_floods(const Facts& facts, const Load& load, Findings& findings) {
  const double missing = missed(facts);
  for (const char* name : {"get", "hget"}) {
    const CommandLoad* command = load.find(name);
    const bool alone =
        load.commands_per_read.value_or(kChatterCommandsPerRead) < kChatterCommandsPerRead;
    if (command == nullptr || !alone || command->per_second < kFloodRate ||
        command->core_with_io < kReadFloodCore) {
      continue;
    }
    Finding finding = about_command(facts, load, *command);
    const bool checks_ids = missing >= kMissedReads;
    finding.id = "read-flood";
    finding.severity = checks_ids ? Severity::warning : Severity::note;
    finding.why = checks_ids ? fmt::format(
                                   "{} of all reads find nothing: they ask whether something is "
                                   "there, one round trip each.",
                                   share_text(missing))
                             : std::string("The same values are fetched one round trip each.");
    finding.cure = checks_ids
                       ? "Keep the ids that exist in the memory of who asks: `rqpp::IdCache` "
                         "(docs/scans-and-ids.md)."
                       : "Fetch many at once (MGET, HMGET, a pipeline), and keep what seldom "
                         "changes in the memory of who asks, with CLIENT TRACKING to hear of "
                         "changes.";
    findings.push_back(std::move(finding));
  }
}

void find_polling(const Facts& facts, const Load& load, Findings& findings) {
  const double empty = empty_pops_per_second(facts.before, facts.after, load);
  if (empty >= kEmptyPopsNote) {
    std::vector<std::string> offenders;
    for (const char* pop : {"LPOP", "RPOP", "BLPOP", "BRPOP", "LMOVE", "ZPOPMIN", "SPOP"}) {
      for (std::string& line : offenders_of(facts, pop)) {
        if (offenders.size() < 5) offenders.push_back(fmt::format("{}: {}", pop, line));
      }
    }
    findings.push_back(
        {.id = "polling",
         .severity = empty >= kEmptyPopsWarning ? Severity::warning : Severity::note,
         .subject = "empty takes",
         .title = fmt::format("At least {} times per second somebody takes from an empty list",
                              rate_text(empty)),
         .per_second = empty,
         .offenders = std::move(offenders),
         .why = "Asking over and over costs as much when nothing is there as when something is, "
                "and the more programs wait, the more of Redis is spent on it.",
         .cure = "Wait in Redis: BLPOP, BLMOVE or BZPOPMIN with a timeout of 5 s or more answer in "
                 "the moment in which something arrives, and cost nothing until then."});
  }
  constexpr std::array<const char*, 7> kAskedAlone{"llen", "scard", "zcard", "hlen",
                                                   "xlen", "ttl",   "pttl"};
  for (const char* name : kAskedAlone) {
    const CommandLoad* command = load.find(name);
    if (command == nullptr || command->per_second < kLengthFloodRate ||
        command->core_with_io < kFloodWarningCore) {
      continue;
    }
    Finding finding = about_command(facts, load, *command);
    finding.id = "polling";
    finding.severity = Severity::warning;
    finding.why = "Somebody looks again and again whether something has changed.";
    finding.cure =
        "Wait for it: BLPOP or XREAD BLOCK for work, keyspace notifications or CLIENT "
        "TRACKING for changes. For a display once a second is enough.";
    findings.push_back(std::move(finding));
  }
}

void find_no_pipelining(const Facts& facts, const Load& load, Findings& findings) {
  if (!load.reads_per_second || !load.commands_per_read) return;
  if (*load.reads_per_second < kChatterReads || load.io < kChatterWarningIo ||
      *load.commands_per_read >= kChatterCommandsPerRead) {
    return;
  }
  const double share = load.share(load.io);
  findings.push_back(
      {.id = "no-pipelining",
       .severity = load.cpu >= kChatterCriticalCpu ? Severity::critical : Severity::warning,
       .subject = "round trips",
       .title = fmt::format("{} of Redis' CPU goes into {} requests per second with {} commands "
                            "each",
                            share_text(share), rate_text(*load.reads_per_second),
                            rate_text(*load.commands_per_read)),
       .share = share,
       .per_second = *load.reads_per_second,
       .offenders = busiest_clients(facts),
       .why = "To read a request and to write its answer takes Redis ten times as long as a small "
              "command.",
       .cure = "Send what belongs together in one write (a pipeline, MGET, variadic commands): ten "
               "commands per request take this down to a tenth. Where clients cannot change, "
               "`io-threads 4` spreads it over cores."});
}

void find_errors(const Facts& facts, const Load& load, Findings& findings) {
  if (load.errors_per_second < kErrorsNote) return;
  std::vector<std::string> offenders;
  for (const auto& [name, last] : facts.after.errors) {
    const auto first = facts.before.errors.find(name);
    const std::int64_t grown = growth(first == facts.before.errors.end() ? 0 : first->second, last);
    if (grown > 0 && offenders.size() < 5) {
      offenders.push_back(fmt::format("{}: {}", name, count_text(grown)));
    }
  }
  findings.push_back(
      {.id = "errors",
       .severity = load.errors_per_second >= kErrorsWarning ? Severity::warning : Severity::note,
       .subject = "errors",
       .title = fmt::format("Redis answers {} commands per second by an error",
                            rate_text(load.errors_per_second)),
       .per_second = load.errors_per_second,
       .offenders = std::move(offenders),
       .why = "Somebody asks for what cannot be, and may not notice.",
       .cure =
           "NOSCRIPT: load scripts once with SCRIPT LOAD, not by trial. WRONGTYPE: two programs "
           "use one key. OOM: see maxmemory. NOPERM: the user's ACL. `INFO commandstats` has "
           "failed_calls of each command."});
}

}  // namespace

void find_chatter(const Facts& facts, const Load& load, Findings& findings) {
  find_id_checks(facts, load, findings);
  find_read_floods(facts, load, findings);
  find_polling(facts, load, findings);
  find_no_pipelining(facts, load, findings);
  find_errors(facts, load, findings);
}

}  // namespace rqpp::doctor
