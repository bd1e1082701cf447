#include "protocol/usage_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>

namespace rqpp::protocol {
namespace {

/// The number behind `name=` in words with blanks between them; -1 if there is none.
std::int64_t number_of(std::string_view text, std::string_view name) {
  while (!text.empty()) {
    const std::size_t size = std::min(text.find(' '), text.size());
    std::string_view word = text.substr(0, size);
    text.remove_prefix(std::min(size + 1, text.size()));
    if (!word.starts_with(name)) continue;
    word.remove_prefix(name.size());
    std::int64_t number = -1;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    return error == std::errc{} && end == word.data() + word.size() ? number : -1;
  }
  return -1;
}

}  // namespace

std::string to_text(const Usage& usage) {
  return fmt::format("wall_us={} user_us={} system_us={} peak_bytes={}", usage.wall.count(),
                     usage.user_cpu.count(), usage.system_cpu.count(), usage.peak_memory_bytes);
}

std::optional<Usage> parse_usage(std::string_view text) {
  const Usage usage{.wall = std::chrono::microseconds(number_of(text, "wall_us=")),
                    .user_cpu = std::chrono::microseconds(number_of(text, "user_us=")),
                    .system_cpu = std::chrono::microseconds(number_of(text, "system_us=")),
                    .peak_memory_bytes = number_of(text, "peak_bytes=")};
  const bool whole = usage.wall.count() >= 0 && usage.user_cpu.count() >= 0 &&
                     usage.system_cpu.count() >= 0 && usage.peak_memory_bytes >= 0;
  return whole ? std::optional(usage) : std::nullopt;
}

}  // namespace rqpp::protocol
