#include "watch_picture.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "doctor/command_line.h"
#include "doctor/measure.h"
#include "doctor/quantities.h"
#include "panel.h"

namespace rqpp::cli {
namespace {

using doctor::Canvas;
using doctor::Characters;
using doctor::CommandLoad;
using doctor::Measure;
using doctor::Reading;
using Readings = std::span<const Reading>;

constexpr std::array<Measure, 6> kMeasures{Measure::cpu,      Measure::commands, Measure::bytes_out,
                                           Measure::bytes_in, Measure::clients,  Measure::memory};
constexpr int kLeastPanel = 5;

/// What ASCII has no letters for.
std::string spelled(std::string text, const PictureLook& look) {
  constexpr std::string_view kMicro = "µ";
  if (look.characters == Characters::fine) return text;
  for (std::size_t at = text.find(kMicro); at != std::string::npos; at = text.find(kMicro)) {
    text.replace(at, kMicro.size(), "u");
  }
  return text;
}

const char* color_of(Measure measure, double part_of_scale) {
  constexpr double kBusy = 0.5;
  constexpr double kFull = 0.8;
  switch (measure) {
    case Measure::cpu:
      return part_of_scale >= kFull ? "31" : part_of_scale >= kBusy ? "33" : "32";
    case Measure::commands:
      return "36";
    case Measure::bytes_out:
    case Measure::bytes_in:
      return "34";
    case Measure::clients:
    case Measure::memory:
      break;
  }
  return "35";
}

Panel panel_of(Readings readings, Measure measure, std::size_t columns) {
  return {.title = title_of(measure),
          .columns = doctor::last_columns(readings, measure, columns),
          .text = [measure](double value) { return value_text(measure, value); },
          .top = [measure](double highest) { return doctor::top_of_scale(measure, highest); },
          .color = [measure](double part) { return color_of(measure, part); }};
}

/// As many panels as there is room for, in one column or in two.
Lines panels(Readings readings, int rows, const PictureLook& look) {
  const int across = look.columns >= kColumnsForTwo ? 2 : 1;
  const int width = (look.columns - (across - 1) * kBetween) / across;
  const int down = std::clamp(rows / kLeastPanel, 1, static_cast<int>(kMeasures.size()) / across);
  Lines lines;
  for (int i = 0; i < down; ++i) {
    const int height = rows / down + (i < rows % down ? 1 : 0);
    const auto first = static_cast<std::size_t>(i) * static_cast<std::size_t>(across);
    const auto draw = [&](std::size_t which) {
      const Panel panel = panel_of(readings, kMeasures.at(which), panel_columns(width, look));
      return draw_panel(panel, width, height, look);
    };
    const Lines row = across == 2 ? beside(draw(first), draw(first + 1)) : draw(first);
    lines.insert(lines.end(), row.begin(), row.end());
  }
  return lines;
}

constexpr int kName = 20;     // of the columns of the table
constexpr int kNumbers = 34;  // those between the name and the graph

std::string table_line(const Reading& reading, const std::string& name, const PictureLook& look) {
  const auto found = std::find_if(reading.by_command.begin(), reading.by_command.end(),
                                  [&name](const CommandLoad& each) { return each.name == name; });
  const CommandLoad load = found == reading.by_command.end() ? CommandLoad{} : *found;
  const std::string per_call = load.per_second > 0 ? doctor::usec_text(load.usec_per_call) : "-";
  return spelled(
      fmt::format("{}{:>8}{:>12}{:>12}  ", fitted(plain(doctor::shown_command(name)), kName),
                  doctor::share_text(load.core), doctor::rate_text(load.per_second), per_call),
      look);
}

/// The commands that took most time lately, each with what it took before.
Lines table(Readings readings, int rows, const PictureLook& look) {
  constexpr std::size_t kLately = 60;  // readings: the order of the lines should not jump about
  if (rows < 2 || readings.empty()) return {};
  const int width = std::max(look.columns - kName - kNumbers, 0);
  const auto names = doctor::dearest_commands(readings.last(std::min(readings.size(), kLately)),
                                              static_cast<std::size_t>(rows - 1));
  std::vector<doctor::Columns> histories;
  double top = 0;
  for (const std::string& name : names) {
    histories.push_back(last_columns(readings, name, static_cast<std::size_t>(width)));
    top = std::max(top, doctor::highest(histories.back()));
  }
  const Canvas canvas{.width = width, .top = top > 0 ? top : 1, .characters = look.characters};
  Lines lines{painted(fitted(fmt::format("{:<{}}{:>8}{:>12}{:>12}", "Commands by CPU", kName, "CPU",
                                         "calls/s", "per call"),
                             look.columns),
                      "1", look)};
  for (std::size_t i = 0; i < names.size(); ++i) {
    lines.push_back(fitted(table_line(readings.back(), names[i], look),
                           std::min(look.columns, kName + kNumbers)) +
                    painted(doctor::draw_line(histories[i], canvas), "32", look));
  }
  return lines;
}

}  // namespace

Lines watch_picture(Readings readings, const PictureLook& look) {
  constexpr int kMostTable = 10;
  constexpr int kRowsForTable = 8;
  const int rows = std::max(look.rows - 2, 0);
  const int for_table = rows < kRowsForTable ? 0 : std::clamp(rows / 3, 2, kMostTable);
  Lines lines{fitted(plain(look.title), look.columns)};
  if (rows > 0) {
    for (std::string& each : panels(readings, rows - for_table, look)) {
      lines.push_back(std::move(each));
    }
    for (std::string& each : table(readings, for_table, look)) lines.push_back(std::move(each));
  }
  return with_status(std::move(lines), look);
}

std::string watch_line(const Reading& reading, std::string_view time) {
  std::string line = fmt::format("{}", time);
  for (const Measure measure : kMeasures) {
    const auto value = value_of(reading, measure);
    if (value) line += fmt::format("  {}: {}", title_of(measure), value_text(measure, *value));
  }
  constexpr std::size_t kNamed = 3;
  for (std::size_t i = 0; i < std::min(kNamed, reading.by_command.size()); ++i) {
    line += fmt::format("{} {} {}", i == 0 ? "  Most:" : ",",
                        plain(doctor::shown_command(reading.by_command[i].name)),
                        doctor::share_text(reading.by_command[i].core));
  }
  return line;
}

}  // namespace rqpp::cli
