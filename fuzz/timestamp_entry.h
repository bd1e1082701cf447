#pragma once

#include <stdexcept>
#include <string_view>

#include <rqpp/error.h>

#include "codec/timestamp.h"

namespace rqpp::fuzz {

/// A timestamp that is read must be read back from what is written of it.
inline void fuzz_timestamp(std::string_view text) {
  try {
    const auto time = codec::parse_iso(text);
    if (time && codec::parse_iso(codec::format_iso(*time)) != time) {
      throw std::logic_error("read back as another time");
    }
  } catch (const DecodeError&) {
  } catch (const InvalidArgument&) {  // An offset can lead out of the years 1 to 9999.
  }
  try {
    const Time time = codec::parse_epoch(text);
    const Time again = codec::parse_epoch(codec::format_epoch(time));
    // A double holds microseconds exactly only for some 280 years around 1970.
    constexpr Time kExact{std::chrono::seconds(8'000'000'000)};
    if (time < kExact && time > -kExact.time_since_epoch() + Time{} && again != time) {
      throw std::logic_error("read back as another moment");
    }
  } catch (const DecodeError&) {
  }
}

}  // namespace rqpp::fuzz
