#include "codec/base64.h"

#include <array>
#include <cstdint>

#include <fmt/format.h>

#include <rqpp/error.h>

#include "codec/repr.h"

namespace rqpp::codec {
namespace {

constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t kNone = 64;

constexpr std::array<std::uint8_t, 256> make_sextets() {
  std::array<std::uint8_t, 256> sextets{};
  for (auto& sextet : sextets) sextet = kNone;
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    sextets[static_cast<std::uint8_t>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return sextets;
}

constexpr auto kSextets = make_sextets();

[[noreturn]] void refuse_base64(std::string_view text, std::string_view why) {
  throw DecodeError(fmt::format("cannot read base64: {} in {}", why, codec::quoted(text)));
}

/// Four characters as 24 bits.
std::uint32_t read_group(std::string_view text, std::size_t at, std::size_t padding) {
  std::uint32_t bits = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const bool padded = i >= 4 - padding;
    const std::uint32_t sextet = padded ? 0 : kSextets[static_cast<std::uint8_t>(text[at + i])];
    if (sextet == kNone) refuse_base64(text, fmt::format("a wrong character at byte {}", at + i));
    bits = (bits << 6) | sextet;
  }
  return bits;
}

}  // namespace

std::string encode_base64(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    const std::size_t count = bytes.size() - at < 3 ? bytes.size() - at : 3;
    std::uint32_t bits = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      bits = (bits << 8) | (i < count ? static_cast<std::uint8_t>(bytes[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      text += i <= count ? kAlphabet[(bits >> (18 - 6 * i)) & 63U] : '=';
    }
  }
  return text;
}

std::string decode_base64(std::string_view text) {
  if (text.size() % 4 != 0) refuse_base64(text, "a length that is no multiple of 4");
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3);
  for (std::size_t at = 0; at < text.size(); at += 4) {
    const bool last = at + 4 == text.size();
    const std::size_t padding = !last || text[at + 3] != '=' ? 0 : (text[at + 2] == '=' ? 2 : 1);
    const std::uint32_t bits = read_group(text, at, padding);
    for (std::size_t i = 0; i < 3; ++i) {
      const auto byte = static_cast<char>((bits >> (16 - 8 * i)) & 0xffU);
      if (i < 3 - padding) {
        bytes += byte;
      } else if (byte != 0) {
        refuse_base64(text, "stray bits at the end");
      }
    }
  }
  return bytes;
}

}  // namespace rqpp::codec
