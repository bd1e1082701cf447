#include "findings_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "base/printable.h"
#include "doctor/load.h"
#include "doctor/quantities.h"

namespace rqpp::cli {
namespace {

using doctor::count_text;
using doctor::Facts;
using doctor::Finding;
using doctor::Load;
using doctor::Severity;

constexpr std::size_t kMargin = 10;

std::string in_color(std::string text, Severity severity, const FindingsLook& look) {
  if (!look.colors) return text;
  const char* color = "36";
  if (severity == Severity::warning) color = "33";
  if (severity == Severity::critical) color = "31;1";
  return fmt::format("\x1b[{}m{}\x1b[0m", color, text);
}

/// Characters, not bytes: of UTF-8 each has one byte that begins it.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

/// The text in lines behind a margin, the first of which opens with `label`.
std::string paragraph(const std::string& label, std::string_view text, const FindingsLook& look) {
  const auto columns = static_cast<std::size_t>(std::clamp(look.columns, 40, 100));
  std::string lines;
  std::string line = fmt::format("{:<{}}", label, kMargin);
  std::size_t width = kMargin;
  bool empty = true;
  const std::string shown = base::printable(text);
  for (std::string_view rest = shown; !rest.empty();) {
    const std::size_t end = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, end);
    if (!empty && width + 1 + width_of(word) > columns) {
      lines += line + '\n';
      line.assign(kMargin, ' ');
      width = kMargin;
      empty = true;
    }
    if (!empty) line += ' ';
    line += word;
    width += width_of(word) + (empty ? 0 : 1);
    empty = false;
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return lines + line + '\n';
}

std::string finding_text(const Finding& finding, const FindingsLook& look) {
  std::string text = paragraph(severity_word(finding.severity), finding.title, look);
  if (look.colors) {
    const std::string word = severity_word(finding.severity);
    text = in_color(word, finding.severity, look) + text.substr(word.size());
  }
  for (const std::string& offender : finding.offenders)
    text += paragraph("", "- " + offender, look);
  if (!finding.why.empty()) text += paragraph("    why", finding.why, look);
  if (!finding.cure.empty()) text += paragraph("    do", finding.cure, look);
  if (!finding.repair.empty()) {
    text += paragraph("  repair", "`rqpp doctor --repair` would " + finding.repair + ".", look);
  }
  return text;
}

std::string server_text(const Facts& facts, const FindingsLook& look) {
  const doctor::Server& server = facts.server;
  return base::printable(fmt::format("{} {} at {}: {}, {}, up {}", server.software, server.version,
                                     look.url, server.mode, server.role,
                                     doctor::age_text(server.uptime_seconds))) +
         '\n';
}

std::string load_text(const Facts& facts, const Load& load) {
  const doctor::Sample& now = facts.after;
  std::string text =
      fmt::format("{} of a core, {} commands per second", doctor::share_text(load.cpu),
                  doctor::rate_text(load.commands_per_second));
  if (load.commands_per_read) {
    text += fmt::format(" ({} per request)", doctor::rate_text(*load.commands_per_read));
  }
  if (now.clients) text += fmt::format(", {} clients", count_text(*now.clients));
  if (now.memory) {
    text += fmt::format(", {} of memory", doctor::bytes_text(static_cast<double>(*now.memory)));
  }
  if (now.keys) text += fmt::format(", {} keys", count_text(*now.keys));
  return text + fmt::format("; measured for {}.\n", doctor::usec_text(load.seconds * 1e6));
}

std::string looked_at_text(const Facts& facts) {
  std::string text;
  if (facts.keys && !facts.keys->complete) {
    text += fmt::format("Looked at {} of {} keys. ", count_text(facts.keys->looked_at),
                        count_text(facts.keys->in_database));
  }
  // A few may have left meanwhile.
  if (facts.clients && facts.clients->looked_at < facts.clients->connected - 10) {
    text += fmt::format("Looked at {} of {} clients. ", count_text(facts.clients->looked_at),
                        count_text(facts.clients->connected));
  }
  if (facts.rq &&
      static_cast<std::int64_t>(facts.rq->queues.size()) < facts.rq->queues_registered) {
    text += fmt::format("Looked at {} of {} queues. ", facts.rq->queues.size(),
                        count_text(facts.rq->queues_registered));
  }
  if (facts.monitored) {
    text += fmt::format("MONITOR showed {} calls{}. ", count_text(facts.monitored->lines),
                        facts.monitored->stopped_early ? ", where it was ended early" : "");
  }
  if (!text.empty()) text.back() = '\n';
  return text;
}

std::string cost_text(const doctor::Cost& cost) {
  return fmt::format(
      "This visit cost Redis {} commands, about {} of its CPU in {}, {} in and {} out.\n",
      count_text(cost.commands), doctor::usec_text(cost.usec),
      doctor::usec_text(cost.seconds * 1e6),
      doctor::bytes_text(static_cast<double>(cost.bytes_out)),
      doctor::bytes_text(static_cast<double>(cost.bytes_in)));
}

}  // namespace

const char* severity_word(Severity severity) {
  switch (severity) {
    case Severity::note:
      return "note";
    case Severity::warning:
      return "warning";
    case Severity::critical:
      break;
  }
  return "critical";
}

std::string findings_text(const Facts& facts, const std::vector<Finding>& findings,
                          const FindingsLook& look) {
  const Load load = load_between(facts.before, facts.after, facts.own_calls);
  std::string text = server_text(facts, look) + load_text(facts, load) + looked_at_text(facts);
  for (const Finding& finding : findings) text += '\n' + finding_text(finding, look);
  text += '\n';
  if (findings.empty()) text += "Nothing was found that needs care.\n";
  for (const doctor::Unseen& unseen : facts.unseen) {
    text += base::printable(fmt::format("Not seen: {} ({}).", unseen.what, unseen.why)) + '\n';
  }
  return text + cost_text(facts.cost);
}

}  // namespace rqpp::cli
