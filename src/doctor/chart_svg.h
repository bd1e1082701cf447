#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "doctor/measure.h"

namespace rqpp::doctor {

/// One line of a chart.
struct ChartLine {
  std::string name{};
  Columns columns{};
};

/// Columns of equal time between two moments.
struct Chart {
  std::string title{};
  Measure measure = Measure::cpu;  ///< What its numbers are.
  double from = 0;                 ///< Unix time, seconds.
  double to = 0;
  std::vector<ChartLine> lines{};  ///< Each with as many columns; the first ones have colors.
};

/// How many lines have a color of their own.
inline constexpr std::size_t kChartColors = 6;

/// The chart as inline SVG with its legend, in the classes of html_report.cc. A single line is
/// filled below. Each column says its time and values where the pointer rests, without a script.
std::string draw_svg(const Chart& chart);

/// `12:30:05`, UTC.
std::string clock_text(double unix_seconds);

}  // namespace rqpp::doctor
