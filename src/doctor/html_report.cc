#include "doctor/html_report.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

#include "doctor/chart_svg.h"
#include "doctor/command_line.h"
#include "doctor/html_style.h"
#include "doctor/html_text.h"
#include "doctor/load.h"
#include "doctor/quantities.h"

namespace rqpp::doctor {
namespace {

constexpr std::size_t kChartColumns = 180;

std::string date_text(double unix_seconds) {
  constexpr double kMost = 1e11;
  const auto time = static_cast<std::time_t>(std::clamp(unix_seconds, 0.0, kMost));
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC", fmt::gmtime(time));
}

const char* word_of(Severity severity) {
  constexpr std::array<const char*, 3> kWords{"note", "warning", "critical"};
  return kWords.at(static_cast<std::size_t>(severity));
}

std::string element(std::string_view name, std::string_view html) {
  return fmt::format("<{0}>{1}</{0}>", name, html);
}

std::string header(const ReportMatter& matter) {
  const Server& server = matter.facts.server;
  return fmt::format(
      "<header><h1>{}</h1>\n<p>{}</p></header>\n",
      html_text(fmt::format("{} {} at {}", server.software, server.version, matter.url)),
      html_text(fmt::format(
          "{}, {}, up {}. Measured from {} for {}.", server.mode, server.role,
          age_text(server.uptime_seconds), date_text(matter.started),
          usec_text((matter.facts.after.at_seconds - matter.facts.before.at_seconds) * 1e6))));
}

std::string tile(std::string_view label, std::string_view value) {
  return fmt::format("<div><dt>{}</dt><dd>{}</dd></div>\n", html_text(label), html_text(value));
}

std::string tiles(const Facts& facts, const Load& load) {
  const Sample& now = facts.after;
  std::string html = tile("CPU, of a core", share_text(load.cpu)) +
                     tile("Commands per second", rate_text(load.commands_per_second));
  if (load.commands_per_read)
    html += tile("Commands per request", rate_text(*load.commands_per_read));
  if (now.clients) html += tile("Clients", count_text(*now.clients));
  if (now.memory) html += tile("Memory", bytes_text(static_cast<double>(*now.memory)));
  if (now.keys) html += tile("Keys", count_text(*now.keys));
  return element("dl", html) + "\n";
}

std::string finding_html(const Finding& finding) {
  std::string html = fmt::format("<article class=\"{0}\"><h3><span>{0}</span> {1}</h3>\n",
                                 word_of(finding.severity), html_prose(finding.title));
  if (!finding.offenders.empty()) {
    std::string list;
    for (const std::string& offender : finding.offenders)
      list += element("li", html_text(offender));
    html += element("ul", list) + "\n";
  }
  if (!finding.why.empty()) html += element("p", html_prose(finding.why)) + "\n";
  if (!finding.cure.empty()) {
    html += "<p class=\"cure\"><strong>Do:</strong> " + html_prose(finding.cure) + "</p>\n";
  }
  if (!finding.repair.empty()) {
    html += "<p><strong>Repair:</strong> <code>rqpp doctor --repair</code> would " +
            html_prose(finding.repair) + ".</p>\n";
  }
  return html + "</article>\n";
}

std::string findings_html(const std::vector<Finding>& findings) {
  std::string html = "<section><h2>Findings</h2>\n";
  if (findings.empty()) html += "<p>Nothing was found that needs care.</p>\n";
  for (const Finding& finding : findings) html += finding_html(finding);
  return html + "</section>\n";
}

std::string graphs(const ReportMatter& matter) {
  const auto readings = matter.readings;
  if (readings.empty()) return {};
  const auto chart_of = [&](std::string title, Measure measure) {
    return Chart{.title = std::move(title),
                 .measure = measure,
                 .from = matter.started + readings.front().from,
                 .to = matter.started + readings.back().to};
  };
  std::string html =
      "<section><h2>Over the time</h2>\n<p class=\"aside\">Times are UTC. Rest the pointer on a "
      "graph for its numbers.</p>\n<div class=\"graphs\">\n";
  for (const Measure measure : {Measure::cpu, Measure::commands}) {
    Chart chart = chart_of(title_of(measure), measure);
    chart.lines = {{title_of(measure), columns_over_time(readings, measure, kChartColumns)}};
    html += draw_svg(chart);
  }
  Chart commands = chart_of("CPU by command", Measure::cpu);
  for (const std::string& name : dearest_commands(readings, kChartColors)) {
    commands.lines.push_back(
        {shown_command(name), columns_over_time(readings, name, kChartColumns)});
  }
  html += draw_svg(commands);
  Chart network = chart_of("Network", Measure::bytes_out);
  for (const Measure measure : {Measure::bytes_out, Measure::bytes_in}) {
    network.lines.push_back(
        {title_of(measure), columns_over_time(readings, measure, kChartColumns)});
  }
  html += draw_svg(network);
  for (const Measure measure : {Measure::clients, Measure::memory}) {
    Chart chart = chart_of(title_of(measure), measure);
    chart.lines = {{title_of(measure), columns_over_time(readings, measure, kChartColumns)}};
    html += draw_svg(chart);
  }
  return html + "</div></section>\n";
}

std::string command_table(const Load& load) {
  constexpr std::size_t kMostRows = 20;
  if (load.commands.empty()) return {};
  std::string html =
      "<section><h2>Commands</h2>\n<table><thead><tr><th>Command</th><th>Share of the CPU</th>"
      "<th>Calls per second</th><th>Time per call</th></tr></thead><tbody>\n";
  for (std::size_t i = 0; i < std::min(kMostRows, load.commands.size()); ++i) {
    const CommandLoad& each = load.commands[i];
    html += fmt::format("<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                        html_text(shown_command(each.name)),
                        html_text(share_text(load.share(each.core))), rate_text(each.per_second),
                        html_text(usec_text(each.usec_per_call)));
  }
  return html +
         "</tbody></table>\n<p class=\"aside\">The time of a script or of EXEC contains that of "
         "the "
         "commands that it calls.</p></section>\n";
}

std::string footer(const Facts& facts) {
  std::string html = "<footer>\n";
  for (const Unseen& each : facts.unseen) {
    html += element("p", html_text(fmt::format("Not seen: {} ({}).", each.what, each.why))) + "\n";
  }
  const Cost& cost = facts.cost;
  html += element(
      "p", html_text(fmt::format(
               "This look cost Redis {} commands, about {} of its CPU in {}, {} in and {} out.",
               count_text(cost.commands), usec_text(cost.usec), usec_text(cost.seconds * 1e6),
               bytes_text(static_cast<double>(cost.bytes_out)),
               bytes_text(static_cast<double>(cost.bytes_in)))));
  return html + "\n<p>Written by <code>rqpp doctor</code>.</p>\n</footer>\n";
}

}  // namespace

std::string html_report(const ReportMatter& matter) {
  const Load load = load_between(matter.facts.before, matter.facts.after, matter.facts.own_calls);
  return fmt::format(
             "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
             "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
             "<meta name=\"color-scheme\" content=\"light dark\">\n"
             "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
             "'unsafe-inline'\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n",
             html_text("rqpp doctor: " + matter.url), kReportStyle) +
         header(matter) + tiles(matter.facts, load) + findings_html(matter.findings) +
         graphs(matter) + command_table(load) + footer(matter.facts) + "</body>\n</html>\n";
}

}  // namespace rqpp::doctor
