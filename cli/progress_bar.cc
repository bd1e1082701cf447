#include "progress_bar.h"

#include <fmt/format.h>

#include <algorithm>

#include "terminal.h"

namespace rqpp::cli {

std::string progress_line(std::int64_t done, std::int64_t total, int columns) {
  constexpr int kWidest = 40;
  const std::string numbers = fmt::format(" {}/{}", done, total);
  const int width = std::clamp(columns - static_cast<int>(numbers.size()) - 3, 0, kWidest);
  const double share = std::clamp(static_cast<double>(done) / static_cast<double>(total), 0.0, 1.0);
  const int full = static_cast<int>(width * share);
  return fmt::format("[{:#<{}}{:-<{}}]{}", "", full, "", width - full, numbers);
}

ProgressBar::ProgressBar(Context& context, std::int64_t total) : context_(context), total_(total) {
  const Terminal terminal = standard_output();
  if (!terminal.interactive || total < 1) return;
  columns_ = terminal.columns;
  show(0);
}

ProgressBar::~ProgressBar() {
  if (columns_ > 0) context_.print("\n");
}

void ProgressBar::show(std::int64_t done) {
  if (columns_ > 0) context_.print("\r" + progress_line(done, total_, columns_));
}

}  // namespace rqpp::cli
