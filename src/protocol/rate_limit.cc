#include "protocol/rate_limit.h"

#include <fmt/format.h>

#include <charconv>

#include "codec/repr.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

constexpr std::size_t kMostKeyBytes = 200;
constexpr int kMostRuns = 10'000;  // each has an entry in a list
constexpr std::chrono::seconds kLongestPeriod = std::chrono::hours{24} * 366;

void check(const RateLimit& limit) {
  check_limit_key("rate_limit.key", limit.key);
  if (limit.count < 1 || limit.count > kMostRuns) {
    throw InvalidArgument(
        fmt::format("rate_limit.count is {}: use 1 to {}", limit.count, kMostRuns));
  }
  if (limit.per < std::chrono::seconds{1} || limit.per > kLongestPeriod) {
    throw InvalidArgument(fmt::format("rate_limit.per is {} s: use 1 to {} s", limit.per.count(),
                                      kLongestPeriod.count()));
  }
}

std::string_view take_word(std::string_view& text) {
  const std::string_view word = text.substr(0, text.find(' '));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

template <class Number>
bool read(std::string_view word, Number& number) {
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
  return error == std::errc{} && end == word.data() + word.size();
}

}  // namespace

void check_limit_key(std::string_view option, std::string_view key) {
  const bool is_line = key.find_first_of(std::string_view("\n\r\0", 3)) == std::string::npos;
  if (key.empty() || key.size() > kMostKeyBytes || !is_line) {
    throw InvalidArgument(fmt::format("{} is {}: use 1 to {} bytes in one line", option,
                                      codec::quoted(key.substr(0, kMostKeyBytes)), kMostKeyBytes));
  }
}

std::string rate_limit_text(const RateLimit& limit) {
  if (limit == RateLimit{}) return {};
  check(limit);
  return fmt::format("{} {} - {}", limit.count, limit.per.count(), limit.key);
}

RateLimit read_rate_limit(std::string_view text) {
  if (text.empty()) return {};
  RateLimit limit;
  std::int64_t seconds = 0;
  std::int64_t turn = 0;
  std::string_view rest = text;
  bool good = read(take_word(rest), limit.count) && read(take_word(rest), seconds);
  const std::string_view scheduled = take_word(rest);
  good = good && (scheduled == "-" || read(scheduled, turn));
  limit.per = std::chrono::seconds{seconds};
  limit.key = rest;
  try {
    if (good) check(limit);
  } catch (const InvalidArgument&) {
    good = false;
  }
  if (!good) {
    throw DecodeError(
        fmt::format("job field 'rqpp_rate_limit': expected 'count seconds turn key', got '{}'",
                    text.substr(0, 60)));
  }
  return limit;
}

}  // namespace rqpp::protocol
