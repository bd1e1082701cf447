#include "panel.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace rqpp::cli {
namespace {

constexpr int kGutter = 10;  // for the numbers at the left of a graph
constexpr int kTitle = 13;

doctor::Columns newest(const doctor::Columns& columns, std::size_t count) {
  return {std::prev(columns.end(), static_cast<std::ptrdiff_t>(std::min(count, columns.size()))),
          columns.end()};
}

std::string title_line(const Panel& panel, const doctor::Columns& shown, int height) {
  std::string title = fmt::format("{:<{}}", panel.title, kTitle);
  if (shown.empty() || !shown.back()) return title + "not known";
  title += panel.text(*shown.back());
  if (height > 1) title += fmt::format("   (peak {})", panel.text(doctor::highest(shown)));
  return title;
}

}  // namespace

std::size_t panel_columns(int width, const PictureLook& look) {
  const auto shown = static_cast<std::size_t>(std::max(width - kGutter, 0)) *
                     doctor::columns_per_character(look.characters);
  // The title tells the newest value also where there is no room for a graph.
  return std::max<std::size_t>(shown, 1);
}

Lines draw_panel(const Panel& panel, int width, int height, const PictureLook& look) {
  if (height < 1) return {};
  const auto shown = newest(panel.columns, panel_columns(width, look));
  const double top = panel.top(doctor::highest(shown));
  Lines lines{painted(fitted(title_line(panel, shown, height), width), "1", look)};
  const Lines graph = doctor::draw(shown, {.width = std::max(width - kGutter, 0),
                                           .height = height - 1,
                                           .top = top,
                                           .characters = look.characters});
  for (std::size_t i = 0; i < graph.size(); ++i) {
    std::string label;
    if (i + 1 == graph.size()) label = "0";
    if (i == 0) label = panel.text(top);
    const double part = static_cast<double>(graph.size() - i) / static_cast<double>(graph.size());
    lines.push_back(fitted(fmt::format("{:>{}} ", label, kGutter - 1), std::min(width, kGutter)) +
                    painted(graph[i], panel.color(part), look));
  }
  return lines;
}

}  // namespace rqpp::cli
