#include "base/ids.h"

#include <sys/random.h>

#include <cerrno>
#include <cstdint>
#include <span>
#include <string_view>
#include <system_error>

namespace rqpp::base {
namespace {

void fill_with_random_bytes(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t size = getrandom(bytes.data(), bytes.size(), 0);
    if (size < 0 && errno != EINTR) {
      throw std::system_error(errno, std::generic_category(), "getrandom");
    }
    if (size > 0) bytes = bytes.subspan(static_cast<std::size_t>(size));
  }
}

/// A version 4 UUID of sixteen random bytes.
std::string uuid_text(std::span<const std::uint8_t> random) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text(2 * random.size(), '0');
  for (std::size_t i = 0; i < random.size(); ++i) {
    std::uint8_t byte = random[i];
    if (i == 6) byte = static_cast<std::uint8_t>((byte & 0x0F) | 0x40);  // version 4
    if (i == 8) byte = static_cast<std::uint8_t>((byte & 0x3F) | 0x80);  // RFC 4122 variant
    text[2 * i] = kDigits[byte >> 4];
    text[2 * i + 1] = kDigits[byte & 0x0F];
  }
  return text;
}

}  // namespace

std::string new_uuid_hex() {
  std::array<std::uint8_t, 16> random{};
  fill_with_random_bytes(random);
  return uuid_text(random);
}

std::string UuidSource::next() {
  if (used_ == bytes_.size()) {
    fill_with_random_bytes(bytes_);
    used_ = 0;
  }
  const auto random = std::span<const std::uint8_t>(bytes_).subspan(used_, kUuidBytes);
  used_ += kUuidBytes;
  return uuid_text(random);
}

}  // namespace rqpp::base
