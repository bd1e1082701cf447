#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace rqpp::cli {

inline constexpr std::size_t kHundred = 100;

/// Hands the names on as spans of at most a hundred: what one round trip asks for.
template <class Function>
void for_each_hundred(const std::vector<std::string>& names, const Function& function) {
  const std::span<const std::string> all(names);
  for (std::size_t begin = 0; begin < all.size(); begin += kHundred) {
    function(all.subspan(begin, std::min(kHundred, all.size() - begin)));
  }
}

/// Whose turn it is: of sorted names the hundred behind `last`, which go on with the first name
/// behind the last one; all of them where there are no more than a hundred.
inline std::vector<std::string> next_hundred(const std::vector<std::string>& names,
                                             const std::string& last) {
  if (names.size() <= kHundred) return names;
  const auto begin = std::upper_bound(names.begin(), names.end(), last) - names.begin();
  std::vector<std::string> hundred;
  for (std::size_t i = 0; i < kHundred; ++i) {
    hundred.push_back(names[(static_cast<std::size_t>(begin) + i) % names.size()]);
  }
  return hundred;
}

}  // namespace rqpp::cli
