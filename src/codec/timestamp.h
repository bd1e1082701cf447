#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include <rqpp/time.h>

namespace rqpp::codec {

/// `2026-11-23T06:34:20.544715Z`, always with six digits: the only form that every RQ reads.
/// Throws InvalidArgument outside the years 1 to 9999.
std::string format_iso(Time time);

/// The same, where a string of its own is not worth an allocation.
class IsoText {
 public:
  explicit IsoText(Time time);
  std::string_view view() const { return {text_.data(), text_.size()}; }

 private:
  std::array<char, 27> text_;
};

/// Reads RQ's timestamps; empty text means unset. Takes 0 to 9 digits of fraction (beyond
/// microseconds they are cut off), a blank instead of the `T`, and `+hh:mm` instead of the `Z`.
/// Throws DecodeError for anything else, text without a zone included.
std::optional<Time> parse_iso(std::string_view text);

/// Seconds since 1970 as Python prints a float: `1795415460.97088`.
std::string format_epoch(Time time);

/// Reads decimal seconds since 1970, rounded to microseconds. Throws DecodeError.
Time parse_epoch(std::string_view text);

}  // namespace rqpp::codec
