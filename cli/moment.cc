#include "moment.h"

#include <fmt/format.h>

#include <ctime>
#include <optional>
#include <string>

#include "codec/repr.h"
#include "codec/timestamp.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

[[noreturn]] void refuse_moment(std::string_view text) {
  throw InvalidArgument(
      fmt::format("{} is no moment: use 2027-01-31T18:00:00 for local time, or "
                  "2027-01-31T18:00:00Z for UTC",
                  codec::quoted(text)));
}

bool names_a_zone(std::string_view text) {
  const std::size_t time = text.find_first_of("T ");
  return time != std::string_view::npos &&
         text.find_first_of("Z+-", time) != std::string_view::npos;
}

std::optional<Time> parse(std::string_view text) {
  try {
    return codec::parse_iso(text);
  } catch (const DecodeError&) {
    return std::nullopt;
  }
}

/// What the clock on the wall shows, as the moment at which it does.
Time from_local(Time shown) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(shown);
  const std::time_t as_utc = seconds.time_since_epoch().count();
  std::tm fields{};
  gmtime_r(&as_utc, &fields);
  fields.tm_isdst = -1;
  return Time{std::chrono::seconds{std::mktime(&fields)}} + (shown - seconds);
}

}  // namespace

Time parse_moment(std::string_view text) {
  const bool is_local = !names_a_zone(text);
  const auto time = parse(is_local ? std::string(text) + "Z" : std::string(text));
  if (!time) refuse_moment(text);
  return is_local ? from_local(*time) : *time;
}

std::string moment_text(const std::optional<Time>& time) {
  return time ? codec::format_iso(*time) : std::string();
}

}  // namespace rqpp::cli
