#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "doctor/facts.h"
#include "doctor/moment.h"
#include "doctor/timeline.h"

// What --record keeps and --replay shows: a file of JSON lines. A line with `recording` opens a
// recording, one with `moment` is a look at the server, one with `facts` ends the recording of a
// visit. A file may hold several recordings, one behind the other.
namespace rqpp::doctor {

/// Longer lines are neither written nor read.
inline constexpr std::size_t kMostLineBytes = 1'000'000;
inline constexpr std::size_t kMostMomentBytes = 64'000;

/// How a recording begins.
struct Opening {
  std::int64_t started = 0;  ///< Unix time at second 0 of the samples.
  std::string url{};         ///< Of the server, without its password.
  Server server{};

  bool operator==(const Opening&) const = default;
};

using RecordedLine = std::variant<Opening, Moment, Facts>;

/// One line, with its line break. A moment is at most kMostMomentBytes long: where a server counts
/// too many commands, those with the fewest microseconds are left out. Empty where that is not
/// enough, or the facts are longer than kMostLineBytes.
std::string line_of(const Opening& opening);
std::string line_of(const Moment& moment);
std::string line_of(const Facts& facts);

/// Nothing for what is no such line, torn for example.
std::optional<RecordedLine> read_line(std::string_view line);

/// A recording as far as it was read.
struct Recording {
  Opening opening{};
  Timeline timeline{};
  std::optional<Facts> facts{};  ///< Of a visit that was recorded to its end.

  /// The facts, or what the moments say.
  Facts known() const { return facts ? *facts : facts_of_watch(opening.server, timeline); }
};

}  // namespace rqpp::doctor
