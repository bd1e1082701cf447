#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace rqpp::mirror {

/// 64 bits for a text, of which any may be used. The keys are by chance and stay in the process:
/// whoever may add ids cannot choose them so that they collide.
class KeyedHash {
 public:
  using Keys = std::array<std::uint64_t, 3>;

  /// Keys from the system.
  static Keys new_keys();

  explicit KeyedHash(const Keys& keys) : keys_(keys) {}

  std::uint64_t operator()(std::string_view text) const noexcept {
    const char* at = text.data();
    std::size_t left = text.size();
    std::uint64_t hash = keys_[0] ^ left;
    for (; left > 16; at += 16, left -= 16) hash = fold(load8(at) ^ keys_[1], load8(at + 8) ^ hash);
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    if (left >= 8) {
      first = load8(at);
      second = load8(at + left - 8);
    } else if (left >= 4) {
      first = load4(at);
      second = load4(at + left - 4);
    } else {
      for (std::size_t i = 0; i < left; ++i) first = first << 8 | static_cast<unsigned char>(at[i]);
    }
    hash = fold(first ^ keys_[1], second ^ hash);
    return fold(hash, keys_[2]);
  }

 private:
  /// Both halves of a product: each bit of it depends on all of both factors.
  static std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = static_cast<Wide>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
  }
  static std::uint64_t load8(const char* from) {
    std::uint64_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return value;
  }
  static std::uint64_t load4(const char* from) {
    std::uint32_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return value;
  }

  Keys keys_;
};

}  // namespace rqpp::mirror
