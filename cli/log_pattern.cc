#include "log_pattern.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

constexpr std::string_view kRqDates = "%H:%M:%S";
constexpr std::string_view kRqLines = "%(asctime)s %(message)s";

constexpr std::array<std::pair<std::string_view, char>, 4> kFields{{
    {"message", 'v'},
    {"levelname", 'l'},
    {"process", 'P'},
    {"msecs", 'e'},
}};

// `width` is as in Python, `-8`: spdlog writes it in the same way.
std::string spdlog_field(std::string_view name, std::string_view width, std::string_view dates) {
  if (name == "asctime") return std::string(dates);
  if (name == "name") return "rqpp.worker";
  for (const auto& [python, letter] : kFields) {
    if (python == name) return fmt::format("%{}{}", width, letter);
  }
  throw InvalidArgument(
      fmt::format("--log-format: there is no field '%({})'. Use asctime, message, levelname, name, "
                  "process or msecs",
                  name));
}

/// Takes `%(name)-8s` from the start of `rest`.
std::string take_field(std::string_view& rest, std::string_view dates) {
  const std::size_t close = rest.find(')');
  // Behind the parenthesis: a width, then the letter of the conversion.
  const std::size_t end =
      close == std::string_view::npos ? close : rest.find_first_not_of("-0123456789", close + 1);
  if (end == std::string_view::npos) {
    throw InvalidArgument(fmt::format("--log-format: '{}' is a field without an end", rest));
  }
  std::string field =
      spdlog_field(rest.substr(2, close - 2), rest.substr(close + 1, end - close - 1), dates);
  rest.remove_prefix(end + 1);
  return field;
}

}  // namespace

std::string log_pattern(std::string_view log_format, std::string_view date_format) {
  const std::string_view dates = date_format.empty() ? kRqDates : date_format;
  std::string_view rest = log_format.empty() ? kRqLines : log_format;
  if (rest.find("%(") == std::string_view::npos) {
    if (rest.find("%v") != std::string_view::npos) return std::string(rest);
    throw InvalidArgument(
        fmt::format("--log-format: '{}' has no place for the message, %(message)s", rest));
  }
  std::string pattern;
  for (std::size_t start = 0; (start = rest.find("%(")) != std::string_view::npos;) {
    pattern += rest.substr(0, start);
    rest.remove_prefix(start);
    pattern += take_field(rest, dates);
  }
  return pattern.append(rest);
}

}  // namespace rqpp::cli
