#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace rqpp::cli {

/// Hands the names on as spans of at most a hundred: what one round trip asks for.
template <class Function>
void for_each_hundred(const std::vector<std::string>& names, const Function& function) {
  constexpr std::size_t kHundred = 100;
  const std::span<const std::string> all(names);
  for (std::size_t begin = 0; begin < all.size(); begin += kHundred) {
    function(all.subspan(begin, std::min(kHundred, all.size() - begin)));
  }
}

}  // namespace rqpp::cli
