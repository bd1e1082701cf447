#include "doctor/measure.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "doctor/quantities.h"

namespace rqpp::doctor {
namespace {

std::optional<double> core_of(const Reading& reading, const std::string& command) {
  const auto found =
      std::find_if(reading.by_command.begin(), reading.by_command.end(),
                   [&command](const CommandLoad& each) { return each.name == command; });
  return found == reading.by_command.end() ? 0.0 : found->core;
}

template <class ValueOf>
Columns last_of(std::span<const Reading> readings, std::size_t count, const ValueOf& value) {
  Columns columns;
  for (std::size_t i = readings.size() - std::min(count, readings.size()); i < readings.size();
       ++i) {
    columns.push_back(value(readings[i]));
  }
  return columns;
}

template <class ValueOf>
Columns over_time(std::span<const Reading> readings, std::size_t count, const ValueOf& value) {
  Columns columns(count);
  if (readings.empty() || count == 0) return columns;
  const double begin = readings.front().from;
  const double width = (readings.back().to - begin) / static_cast<double>(count);
  if (!(width > 0)) return columns;
  const auto column_at = [&](double position) {
    return static_cast<std::size_t>(std::clamp(position, 0.0, static_cast<double>(count)));
  };
  constexpr double kHair = 1e-9;  // of a column: where readings meet, rounding tips over
  for (const Reading& reading : readings) {
    const auto height = value(reading);
    if (!height) continue;
    const std::size_t first = column_at(std::floor((reading.from - begin) / width + kHair));
    const std::size_t end = column_at(std::ceil((reading.to - begin) / width - kHair));
    for (std::size_t i = first; i < end; ++i) columns[i] = std::max(columns[i], height);
  }
  return columns;
}

}  // namespace

std::string title_of(Measure measure) {
  switch (measure) {
    case Measure::cpu:
      return "CPU";
    case Measure::commands:
      return "Commands";
    case Measure::bytes_out:
      return "Network out";
    case Measure::bytes_in:
      return "Network in";
    case Measure::clients:
      return "Clients";
    case Measure::memory:
      break;
  }
  return "Memory";
}

std::string value_text(Measure measure, double value) {
  switch (measure) {
    case Measure::cpu:
      return share_text(value);
    case Measure::commands:
      return rate_text(value) + "/s";
    case Measure::bytes_out:
    case Measure::bytes_in:
      return bytes_text(value) + "/s";
    case Measure::clients:
      return rate_text(value);
    case Measure::memory:
      break;
  }
  return bytes_text(value);
}

std::optional<double> value_of(const Reading& reading, Measure measure) {
  switch (measure) {
    case Measure::cpu:
      return reading.cpu;
    case Measure::commands:
      return reading.commands;
    case Measure::bytes_out:
      return reading.bytes_out;
    case Measure::bytes_in:
      return reading.bytes_in;
    case Measure::clients:
      return reading.clients;
    case Measure::memory:
      break;
  }
  return reading.memory;
}

Columns last_columns(std::span<const Reading> readings, Measure measure, std::size_t count) {
  return last_of(readings, count,
                 [measure](const Reading& reading) { return value_of(reading, measure); });
}

Columns last_columns(std::span<const Reading> readings, const std::string& command,
                     std::size_t count) {
  return last_of(readings, count,
                 [&command](const Reading& reading) { return core_of(reading, command); });
}

Columns columns_over_time(std::span<const Reading> readings, Measure measure, std::size_t count) {
  return over_time(readings, count,
                   [measure](const Reading& reading) { return value_of(reading, measure); });
}

Columns columns_over_time(std::span<const Reading> readings, const std::string& command,
                          std::size_t count) {
  return over_time(readings, count,
                   [&command](const Reading& reading) { return core_of(reading, command); });
}

std::vector<std::string> dearest_commands(std::span<const Reading> readings, std::size_t count) {
  std::map<std::string, double> spent;
  for (const Reading& reading : readings) {
    for (const CommandLoad& command : reading.by_command) {
      spent[command.name] += command.core * (reading.to - reading.from);
    }
  }
  std::vector<std::string> names;
  for (const auto& [name, seconds] : spent) names.push_back(name);
  std::stable_sort(names.begin(), names.end(),
                   [&spent](const auto& a, const auto& b) { return spent.at(a) > spent.at(b); });
  if (names.size() > count) names.resize(count);
  return names;
}

double highest(const Columns& columns) {
  double value = 0;
  for (const auto& each : columns) value = std::max(value, each.value_or(0));
  return value;
}

double top_of_scale(double highest) {
  if (!(highest > 0) || !std::isfinite(highest)) return 1;
  const double power = std::pow(10, std::floor(std::log10(highest)));
  for (const double step : {1.0, 2.0, 5.0}) {
    if (step * power >= highest) return step * power;
  }
  return 10 * power;
}

double top_of_scale(Measure measure, double highest) {
  return measure == Measure::cpu && highest <= 1 ? 1 : top_of_scale(highest);
}

}  // namespace rqpp::doctor
