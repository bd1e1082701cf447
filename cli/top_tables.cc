#include "top_tables.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <string_view>

#include "doctor/quantities.h"

namespace rqpp::cli {
namespace {

constexpr int kGap = 2;  // behind a column of text

/// In at most seven characters: `1,204`, `12.3 M`.
std::string short_count(std::int64_t count) {
  constexpr std::int64_t kMillion = 1'000'000;
  if (count < kMillion) return doctor::count_text(count);
  constexpr std::int64_t kBillion = 1'000 * kMillion;
  return count < kBillion ? fmt::format("{:.1f} M", static_cast<double>(count) / kMillion)
                          : fmt::format("{:.3g} G", static_cast<double>(count) / kBillion);
}

/// A column of numbers.
std::string right(std::string_view text, int width) { return fmt::format("{:>{}}", text, width); }

std::string cell(std::string_view text, int width) {
  return fitted(text, width) + std::string(kGap, ' ');
}

template <class Rows, class Text>
int longest(const Rows& rows, const Text& text, std::string_view title) {
  std::size_t width = title.size();
  for (const auto& row : rows) width = std::max(width, text(row).size());
  return static_cast<int>(std::min<std::size_t>(width, 1'000));
}

/// A header and the rows as far as there is room for them.
template <class Row>
Lines table_of(const std::string& header, const std::vector<Row>& all, int rows,
               const PictureLook& look, const std::function<std::string(const Row&)>& line) {
  if (rows < 1) return {};
  Lines lines{painted(fitted(header, look.columns), "1", look)};
  const auto room = static_cast<std::size_t>(rows - 1);
  const std::size_t shown = all.size() <= room ? all.size() : std::max<std::size_t>(room, 1) - 1;
  for (std::size_t i = 0; i < shown; ++i) lines.push_back(line(all[i]));
  if (shown < all.size() && room > 0) {
    const auto rest = static_cast<std::int64_t>(all.size() - shown);
    lines.push_back(
        fitted(fmt::format("and {} {}", doctor::count_text(rest), shown > 0 ? "more" : "of them"),
               look.columns));
  }
  return lines;
}

// ---- queues

constexpr int kCountsWidth = 65;  // columns of all numbers of a queue

std::string shown_queue(const TopQueue& queue) { return plain(queue.name); }

std::string count_cells(const TopQueue& queue) {
  const protocol::QueueCounts& counts = queue.counts;
  return right(short_count(counts.queued), 9) + right(signed_rate(queue.change), 10) +
         right(short_count(counts.started), 10) + right(short_count(counts.failed), 8) +
         right(short_count(counts.finished), 9) +
         right(short_count(counts.scheduled) + (queue.unscheduled ? "!" : ""), 10) +
         right(short_count(counts.deferred), 9);
}

constexpr std::string_view kHeadOfCounts =
    "  waiting  change/s executing  failed finished scheduled deferred";
static_assert(kHeadOfCounts.size() == kCountsWidth);

// ---- workers

constexpr int kStateWidth = 9;
constexpr int kAgeWidth = 8;
constexpr int kDoneWidth = 9;
constexpr int kRateWidth = 8;
constexpr int kBeatWidth = 9;
constexpr int kJobWidth = 36;  // as RQ makes ids

std::string shown_worker(const TopWorker& worker) { return plain(worker.record.name); }

std::string shown_queues(const TopWorker& worker) {
  return plain(fmt::format("{}", fmt::join(worker.record.queues, ",")));
}

std::string age_of(const std::optional<Time>& moment, Time now) {
  if (!moment) return "-";
  const auto age = std::chrono::floor<std::chrono::seconds>(now - *moment);
  // Clocks of two machines differ.
  return doctor::age_text(std::max<std::int64_t>(age.count(), 0));
}

const char* color_of_state(std::string_view state) {
  if (state == "busy") return "31";
  if (state == "idle") return "32";
  return state == "suspended" ? "33" : "39";
}

/// The widths of what has no fixed one.
struct TextColumns {
  int name = 0;
  int job = 0;
  int queues = 0;
};

TextColumns columns_for(const std::vector<TopWorker>& workers, int columns) {
  constexpr int kFixed =
      kStateWidth + kGap + kAgeWidth + kGap + kDoneWidth + kRateWidth + kBeatWidth;
  constexpr int kTexts = 3;
  constexpr int kLeast = 4;
  const int room = std::max(columns - kFixed - kTexts * kGap, kTexts * kLeast);
  const int third = room / kTexts;
  TextColumns widths{.name = std::min(longest(workers, shown_worker, "Workers"), third),
                     .queues = std::min(longest(workers, shown_queues, "queues"), third)};
  widths.job = std::min(room - widths.name - widths.queues, kJobWidth);
  return widths;
}

std::string worker_row(const TopWorker& worker, Time now, const TextColumns& widths,
                       const PictureLook& look) {
  const protocol::WorkerRecord& record = worker.record;
  const bool runs = !record.current_job.empty();
  const auto rate = worker.done.per_second();
  const std::string before = cell(shown_worker(worker), widths.name);
  const std::string state = cell(plain(record.state), kStateWidth);
  const std::string after = right(runs ? age_of(worker.job_started, now) : "", kAgeWidth) +
                            std::string(kGap, ' ') + cell(plain(record.current_job), widths.job) +
                            cell(shown_queues(worker), widths.queues) +
                            right(short_count(jobs_done(record)), kDoneWidth) +
                            right(rate ? doctor::rate_text(*rate) : "-", kRateWidth) +
                            right(age_of(record.last_heartbeat, now), kBeatWidth);
  int left = look.columns;
  const auto cut = [&left](const std::string& text) {
    const int width = std::min(left, static_cast<int>(text.size()));
    left -= width;
    return fitted(text, width);
  };
  std::string row = cut(before);
  row += painted(cut(state), color_of_state(record.state), look);
  return row + cut(after);
}

}  // namespace

std::string signed_rate(const std::optional<double>& per_second) {
  if (!per_second) return "-";
  const std::string amount = doctor::rate_text(std::abs(*per_second));
  if (amount == "0") return amount;
  return (*per_second > 0 ? "+" : "-") + amount;
}

TableRows share_rows(int rows, const TopState& state) {
  constexpr std::size_t kMany = 10'000;  // rows of a terminal
  const int queues = static_cast<int>(std::min(state.queues().size(), kMany)) + 1;
  const int workers = static_cast<int>(std::min(state.workers().size(), kMany)) + 1;
  const int for_queues = std::clamp(std::max(rows / 2, rows - workers), 0, queues);
  return {.queues = for_queues, .workers = std::clamp(rows - for_queues, 0, workers)};
}

Lines queue_table(const TopState& state, int rows, const PictureLook& look) {
  constexpr int kLeastName = 8;
  const int name = std::min(longest(state.queues(), shown_queue, "Queues"),
                            std::max(look.columns - kCountsWidth, kLeastName));
  return table_of<TopQueue>(fitted("Queues", name) + std::string(kHeadOfCounts), state.queues(),
                            rows, look, [&](const TopQueue& queue) {
                              return fitted(fitted(shown_queue(queue), name) + count_cells(queue),
                                            look.columns);
                            });
}

Lines worker_table(const TopState& state, int rows, const PictureLook& look) {
  const TextColumns widths = columns_for(state.workers(), look.columns);
  const std::string header =
      cell("Workers", widths.name) + cell("state", kStateWidth) + right("for", kAgeWidth) +
      std::string(kGap, ' ') + cell("job", widths.job) + cell("queues", widths.queues) +
      right("done", kDoneWidth) + right("jobs/s", kRateWidth) + right("heard of", kBeatWidth);
  return table_of<TopWorker>(header, state.workers(), rows, look, [&](const TopWorker& worker) {
    return worker_row(worker, state.now(), widths, look);
  });
}

}  // namespace rqpp::cli
