#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rqpp::base {

/// The name among `known` that `word` most likely was meant to be: few letters added, missing,
/// changed or swapped for its length. The first one wins a tie; nothing if none is near.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> known);

/// ` Did you mean 'worker'?`, to put behind an error message, or nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string> known);

}  // namespace rqpp::base
