#include <fmt/format.h>

#include "doctor/quantities.h"
#include "doctor/rules.h"
#include "doctor/thresholds.h"

namespace rqpp::doctor {
namespace {

void find_churn(const Facts& facts, const Load& load, Findings& findings) {
  if (load.connections_per_second < kChurnNote) return;
  std::vector<std::string> offenders;
  if (facts.clients) {
    for (const ClientGroup& group : facts.clients->groups) {
      if (group.young == 0 || offenders.size() == 5) continue;
      offenders.push_back(
          fmt::format("{}: {} of {} clients are new", group.who, group.young, group.clients));
    }
  }
  findings.push_back(
      {.id = "connection-churn",
       .severity =
           load.connections_per_second >= kChurnWarning ? Severity::warning : Severity::note,
       .subject = "connections",
       .title =
           fmt::format("{} new connections per second", rate_text(load.connections_per_second)),
       .per_second = load.connections_per_second,
       .offenders = std::move(offenders),
       .why =
           "To accept and to drop a connection costs Redis as much as four requests, with TLS far "
           "more, and the client a round trip or several.",
       .cure = "Keep connections open: one client object per process, or a pool; with short-lived "
               "processes (PHP, CGI) persistent connections or a proxy."});
}

void find_refusals(const Facts& facts, Findings& findings) {
  const Sample& after = facts.after;
  const std::int64_t refused =
      growth(facts.before.rejected_connections.value_or(0), after.rejected_connections.value_or(0));
  const std::int64_t most = after.max_clients.value_or(0);
  const std::int64_t now = after.clients.value_or(0);
  const bool nearly =
      most > 0 && static_cast<double>(now) >= kClientsWarning * static_cast<double>(most);
  if (refused <= 0 && !nearly) return;
  findings.push_back(
      {.id = "clients-full",
       .severity = refused > 0 ? Severity::critical : Severity::warning,
       .subject = "maxclients",
       .title = refused > 0 ? fmt::format("{} connections were refused: maxclients is {}",
                                          count_text(refused), count_text(most))
                            : fmt::format("{} of {} possible clients are connected",
                                          count_text(now), count_text(most)),
       .offenders = busiest_clients(facts),
       .why = "Whoever connects beyond maxclients gets an error, workers too.",
       .cure = "Find who opens so many (CLIENT LIST), use pools, set `timeout 300` against "
               "forgotten ones, or raise maxclients and the limit of open files."});
}

void find_slow_readers(const Facts& facts, Findings& findings) {
  if (!facts.clients) return;
  for (const ClientGroup& group : facts.clients->groups) {
    if (group.output_bytes < kOutputBytes) continue;
    const auto bytes = static_cast<double>(group.output_bytes);
    findings.push_back({.id = "slow-reader",
                        .severity = Severity::warning,
                        .subject = group.who,
                        .title = fmt::format("{} waits in Redis for clients of {} to read it",
                                             bytes_text(bytes), group.who),
                        .offenders = {fmt::format("{}: {} clients, one at {}", group.who,
                                                  group.clients, group.address)},
                        .why = "Answers that nobody reads stay in Redis' memory.",
                        .cure =
                            "Ask for smaller answers, read them while they come, and bound them: "
                            "`client-output-buffer-limit normal 256mb 64mb 60`."});
  }
}

}  // namespace

std::vector<std::string> busiest_clients(const Facts& facts) {
  std::vector<std::string> lines;
  if (!facts.clients) return lines;
  for (const ClientGroup& group : facts.clients->groups) {
    if (lines.size() == 5 || group.active == 0) break;
    lines.push_back(
        fmt::format("{}: {} of {} clients active", group.who, group.active, group.clients));
  }
  return lines;
}

void find_about_clients(const Facts& facts, const Load& load, Findings& findings) {
  find_churn(facts, load, findings);
  find_refusals(facts, findings);
  find_slow_readers(facts, findings);
}

}  // namespace rqpp::doctor
