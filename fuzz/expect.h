#pragma once

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace rqpp::fuzz {

/// Ends the process, so that the fuzzer keeps the input, when a claim does not hold.
inline void expect(bool holds, std::string_view claim) {
  if (holds) return;
  std::fprintf(stderr, "broken: %.*s\n", static_cast<int>(claim.size()), claim.data());
  std::abort();
}

inline std::string_view text_of(const unsigned char* bytes, std::size_t size) {
  return {reinterpret_cast<const char*>(bytes), size};
}

}  // namespace rqpp::fuzz
