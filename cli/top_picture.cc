#include "top_picture.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <utility>

#include "doctor/quantities.h"
#include "hundreds.h"
#include "panel.h"
#include "top_tables.h"

namespace rqpp::cli {
namespace {

using doctor::count_text;
using protocol::QueueCounts;

/// `2 busy, 1 idle`, as far as there are any.
std::string states_text(const std::vector<TopWorker>& workers) {
  constexpr std::array<const char*, 3> kStates{"busy", "idle", "suspended"};
  std::vector<std::string> parts;
  std::int64_t others = static_cast<std::int64_t>(workers.size());
  for (const char* state : kStates) {
    const std::int64_t count =
        std::count_if(workers.begin(), workers.end(),
                      [state](const TopWorker& worker) { return worker.record.state == state; });
    others -= count;
    if (count > 0) parts.push_back(fmt::format("{} {}", count_text(count), state));
  }
  if (others > 0) parts.push_back(fmt::format("{} other", count_text(others)));
  return parts.empty() ? "none" : fmt::format("{}", fmt::join(parts, ", "));
}

/// `3 queues`, and how many of them a look is at where they take turns.
std::string how_many(std::size_t count, const char* what) {
  return doctor::counted(static_cast<std::int64_t>(count), what) +
         (count > kHundred ? fmt::format(" ({} a look)", kHundred) : "");
}

/// ` (no scheduler serves mail, web)`, or nothing.
std::string unscheduled_text(const std::vector<TopQueue>& queues) {
  constexpr std::size_t kMostNamed = 5;
  std::vector<std::string> names;
  for (const TopQueue& queue : queues) {
    if (queue.unscheduled) names.push_back(queue.name);
  }
  if (names.empty()) return {};
  const std::size_t more = names.size() - std::min(names.size(), kMostNamed);
  names.resize(names.size() - more);
  return fmt::format(" (no scheduler serves {}{})", fmt::join(names, ", "),
                     more > 0 ? fmt::format(" and {} more", more) : "");
}

Lines sums(const TopState& state, const PictureLook& look) {
  const auto& queues = state.queues();
  const auto sum = [&queues](std::int64_t QueueCounts::*count) {
    return count_text(total(queues, count));
  };
  const std::string who =
      fmt::format("{}   {}: {}", look.title, how_many(state.workers().size(), "worker"),
                  states_text(state.workers()));
  const std::string what = fmt::format(
      "{}: {} waiting, {} executing, {} failed, {} finished, {} scheduled{}, {} deferred",
      how_many(queues.size(), "queue"), sum(&QueueCounts::queued), sum(&QueueCounts::started),
      sum(&QueueCounts::failed), sum(&QueueCounts::finished), sum(&QueueCounts::scheduled),
      unscheduled_text(queues), sum(&QueueCounts::deferred));
  return {fitted(plain(who), look.columns), fitted(plain(what), look.columns)};
}

Panel panel_of_jobs(std::string title, const doctor::Columns& columns, const char* unit,
                    const char* color) {
  return {.title = std::move(title),
          .columns = columns,
          .text = [unit](double value) { return doctor::rate_text(value) + unit; },
          .top = [](double highest) { return doctor::top_of_scale(highest); },
          .color = [color](double) { return color; }};
}

/// Side by side where there is room for that, else one below the other.
Lines graphs(const TopState& state, int rows, const PictureLook& look) {
  const Panel ended = panel_of_jobs("Jobs done", state.ended(), "/s", "32");
  const Panel waiting = panel_of_jobs("Jobs waiting", state.waiting(), "", "36");
  if (look.columns >= kColumnsForTwo) {
    const int width = (look.columns - kBetween) / 2;
    return beside(draw_panel(ended, width, rows, look), draw_panel(waiting, width, rows, look));
  }
  Lines lines = draw_panel(ended, look.columns, rows / 2, look);
  for (std::string& line : draw_panel(waiting, look.columns, rows - rows / 2, look)) {
    lines.push_back(std::move(line));
  }
  return lines;
}

/// Of the rows between the sums and the status: a graph of less than three lines tells nothing that
/// its title does not.
int rows_for_graphs(int rows) {
  constexpr int kRowsForGraphs = 16;
  constexpr int kMost = 12;
  if (rows >= kRowsForGraphs) return std::min(rows / 3, kMost);
  return std::clamp(rows / 4, 0, 2);
}

}  // namespace

Lines top_picture(const TopState& state, const PictureLook& look) {
  Lines lines = sums(state, look);
  const int rows = std::max(look.rows - static_cast<int>(lines.size()) - 1, 0);
  const int for_graphs = rows_for_graphs(rows);
  const TableRows tables = share_rows(rows - for_graphs, state);
  for (Lines part : {graphs(state, for_graphs, look), queue_table(state, tables.queues, look),
                     worker_table(state, tables.workers, look)}) {
    for (std::string& line : part) lines.push_back(std::move(line));
  }
  return with_status(std::move(lines), look);
}

std::string top_line(const TopState& state, std::string_view time) {
  const auto& queues = state.queues();
  std::optional<double> change;
  for (const TopQueue& queue : queues) {
    if (queue.change) change = change.value_or(0) + *queue.change;
  }
  std::optional<double> ended;
  if (!state.ended().empty()) ended = state.ended().back();
  return fmt::format("{}  Done: {}  Waiting: {}{}  Executing: {}  Failed: {}  Workers: {}", time,
                     ended ? doctor::rate_text(*ended) + "/s" : "not known",
                     count_text(total(queues, &QueueCounts::queued)),
                     change ? fmt::format(" ({}/s)", signed_rate(change)) : "",
                     count_text(total(queues, &QueueCounts::started)),
                     count_text(total(queues, &QueueCounts::failed)), states_text(state.workers()));
}

}  // namespace rqpp::cli
