#include "doctor/chart_svg.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <ctime>

#include "doctor/html_text.h"

namespace rqpp::doctor {
namespace {

// Of the drawing, in its own units: the page scales it.
constexpr double kWidth = 640;
constexpr double kHeight = 200;
constexpr double kLeft = 76;
constexpr double kRight = 12;
constexpr double kUpper = 12;
constexpr double kLower = 26;
constexpr double kPlotWidth = kWidth - kLeft - kRight;
constexpr double kPlotHeight = kHeight - kUpper - kLower;

double y_of(double value, double top) {
  return kUpper + kPlotHeight * (1 - std::clamp(value / top, 0.0, 1.0));
}

/// The middle of a column.
double x_of(std::size_t column, std::size_t columns) {
  return kLeft + kPlotWidth * (static_cast<double>(column) + 0.5) / static_cast<double>(columns);
}

/// The columns from one gap to the next.
struct Stretch {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::vector<Stretch> stretches(const Columns& columns) {
  std::vector<Stretch> found;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!columns[i]) continue;
    if (found.empty() || found.back().end != i) found.push_back({i, i});
    found.back().end = i + 1;
  }
  return found;
}

std::string points(const Columns& columns, const Stretch& stretch, double top) {
  std::string text;
  for (std::size_t i = stretch.begin; i < stretch.end; ++i) {
    text += fmt::format("{}{:.1f} {:.1f}", i == stretch.begin ? "" : " L ", x_of(i, columns.size()),
                        y_of(*columns[i], top));
  }
  return text;
}

std::string curve(const Columns& columns, double top, std::size_t color, bool filled) {
  std::string svg;
  for (const Stretch& stretch : stretches(columns)) {
    const std::string path = points(columns, stretch, top);
    if (filled) {
      svg +=
          fmt::format("<path class=\"area c{}\" d=\"M {:.1f} {:.1f} L {} L {:.1f} {:.1f} Z\"/>\n",
                      color, x_of(stretch.begin, columns.size()), y_of(0, top), path,
                      x_of(stretch.end - 1, columns.size()), y_of(0, top));
    }
    svg += fmt::format("<path class=\"line c{}\" d=\"M {}\"/>\n", color, path);
  }
  return svg;
}

std::string grid(const Chart& chart, double top) {
  std::string svg;
  for (const double part : {0.0, 0.5, 1.0}) {
    const double y = y_of(part * top, top);
    svg += fmt::format(
        "<line class=\"grid\" x1=\"{0}\" y1=\"{1:.1f}\" x2=\"{2}\" y2=\"{1:.1f}\"/>"
        "<text class=\"tick\" x=\"{3}\" y=\"{4:.1f}\" text-anchor=\"end\">{5}</text>\n",
        kLeft, y, kWidth - kRight, kLeft - 8, y + 4,
        html_text(part > 0 ? value_text(chart.measure, part * top) : "0"));
  }
  const char* anchors[] = {"start", "middle", "end"};
  for (int i = 0; i < 3; ++i) {
    const double part = i / 2.0;
    svg += fmt::format("<text class=\"tick\" x=\"{:.1f}\" y=\"{}\" text-anchor=\"{}\">{}</text>\n",
                       kLeft + part * kPlotWidth, kHeight - 6, anchors[i],
                       clock_text(chart.from + part * (chart.to - chart.from)));
  }
  return svg;
}

/// What the column says where the pointer rests on it.
std::string hint(const Chart& chart, std::size_t column, std::size_t columns) {
  const double part = (static_cast<double>(column) + 0.5) / static_cast<double>(columns);
  std::string text = clock_text(chart.from + part * (chart.to - chart.from)) + " UTC";
  bool told = false;
  for (const ChartLine& line : chart.lines) {
    if (column >= line.columns.size() || !line.columns[column]) continue;
    told = true;
    text += fmt::format("\n{}: {}", line.name, value_text(chart.measure, *line.columns[column]));
  }
  return told ? text : std::string();
}

/// As html_text, with line breaks.
std::string html_lines(const std::string& text) {
  std::string html;
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    if (begin > 0) html += '\n';
    html += html_text(std::string_view(text).substr(begin, end - begin));
    begin = end + 1;
  }
  return html;
}

std::string hints(const Chart& chart) {
  std::string svg;
  const std::size_t columns = chart.lines.empty() ? 0 : chart.lines.front().columns.size();
  for (std::size_t i = 0; i < columns; ++i) {
    const std::string text = hint(chart, i, columns);
    if (text.empty()) continue;
    const double width = kPlotWidth / static_cast<double>(columns);
    svg += fmt::format(
        "<rect class=\"hint\" x=\"{:.1f}\" y=\"{}\" width=\"{:.1f}\" height=\"{}\"><title>{}"
        "</title></rect>\n",
        kLeft + static_cast<double>(i) * width, kUpper, width, kPlotHeight, html_lines(text));
  }
  return svg;
}

std::string legend(const Chart& chart) {
  if (chart.lines.size() < 2) return {};
  std::string html = "<ul class=\"legend\">";
  for (std::size_t i = 0; i < chart.lines.size(); ++i) {
    html += fmt::format("<li><span class=\"key k{}\"></span>{}</li>", i % kChartColors,
                        html_text(chart.lines[i].name));
  }
  return html + "</ul>\n";
}

}  // namespace

std::string clock_text(double unix_seconds) {
  constexpr double kMost = 1e11;
  const auto time = static_cast<std::time_t>(std::clamp(unix_seconds, 0.0, kMost));
  return fmt::format("{:%H:%M:%S}", fmt::gmtime(time));
}

std::string draw_svg(const Chart& chart) {
  double peak = 0;
  for (const ChartLine& line : chart.lines) peak = std::max(peak, highest(line.columns));
  const double top = top_of_scale(chart.measure, peak);
  std::string svg = fmt::format(
      "<figure><figcaption>{0} <span>peak {1}</span></figcaption>\n{2}"
      "<svg viewBox=\"0 0 {3} {4}\" role=\"img\" aria-label=\"{0}: peak {1}\">\n",
      html_text(chart.title), html_text(value_text(chart.measure, peak)), legend(chart), kWidth,
      kHeight);
  svg += grid(chart, top);
  for (std::size_t i = chart.lines.size(); i-- > 0;) {  // the first one on top
    svg += curve(chart.lines[i].columns, top, i % kChartColors, chart.lines.size() == 1);
  }
  return svg + hints(chart) + "</svg></figure>\n";
}

}  // namespace rqpp::doctor
