#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <rqpp/time.h>

namespace rqpp::cli {

/// A moment as RQ's `--schedule-at` takes it, `2027-01-31T18:00:00`, in the local time zone; with a
/// `Z` or `+01:00` at its end in the zone that it names. Throws InvalidArgument.
Time parse_moment(std::string_view text);

/// `2027-01-31T18:00:00.000000Z`, as RQ writes times; empty for none.
std::string moment_text(const std::optional<Time>& time);

}  // namespace rqpp::cli
