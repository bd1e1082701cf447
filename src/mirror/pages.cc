#include "mirror/pages.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

#include "rqpp/error.h"

namespace rqpp::mirror {

std::string to_text(const Place& place) {
  if (place.cursor == redis::kFirstCursor) return {};
  return fmt::format("{}@{}", place.cursor, place.server);
}

Place parse_place(std::string_view text) {
  if (text.empty()) return {};
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || at + 1 == text.size() ||
      !redis::is_cursor(text.substr(0, at))) {
    throw InvalidArgument(
        fmt::format("cannot go on with a scan from '{}': use what its cursor() gave", text));
  }
  return {.cursor = std::string(text.substr(0, at)), .server = std::string(text.substr(at + 1))};
}

redis::ScanPage Pages::read() {
  for (;;) {
    std::this_thread::sleep_until(budget_.next());
    Line::Answer answer = line_->ask(redis::scan_page(target_, next_.cursor));
    const bool begins = next_.cursor == redis::kFirstCursor;
    if (!begins && answer.server != next_.server) {
      next_ = {};
      continue;
    }
    redis::ScanPage page = redis::read_scan_page(target_.kind, std::move(answer.reply));
    const auto found = static_cast<std::int64_t>(page.elements.size());
    budget_.spend(std::max(target_.count, found), std::chrono::steady_clock::now());
    place_ = {.cursor = std::move(next_.cursor), .server = answer.server};
    next_ = {.cursor = page.cursor, .server = std::move(answer.server)};
    return page;
  }
}

}  // namespace rqpp::mirror
