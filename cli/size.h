#pragma once

#include <cstdint>
#include <string_view>

namespace rqpp::cli {

/// Sizes in bytes: `1000000`, or with a unit of 1024, `64k`, `256M`, `2GiB`; the case of letters
/// does not matter. Throws InvalidArgument.
std::int64_t parse_size(std::string_view text);

}  // namespace rqpp::cli
