#include "codec/integer_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <vector>

#include <fmt/format.h>

#include "codec/number_text.h"

#include <rqpp/error.h>
#include <rqpp/value.h>

namespace rqpp::codec {
namespace {

constexpr std::size_t kMaxBytes = 1786;  // 256^1786 has 4302 digits.
constexpr std::uint64_t kChunk = 1'000'000'000;
constexpr std::size_t kChunkDigits = 9;

/// A magnitude as 32-bit limbs, least significant first.
using Limbs = std::vector<std::uint32_t>;

void multiply_add(Limbs& limbs, std::uint64_t factor, std::uint64_t addend) {
  std::uint64_t carry = addend;
  for (auto& limb : limbs) {
    carry += limb * factor;
    limb = static_cast<std::uint32_t>(carry);
    carry >>= 32;
  }
  if (carry != 0) limbs.push_back(static_cast<std::uint32_t>(carry));
}

std::uint32_t divide(Limbs& limbs, std::uint64_t divisor) {
  std::uint64_t rest = 0;
  for (auto limb = limbs.rbegin(); limb != limbs.rend(); ++limb) {
    rest = (rest << 32) | *limb;
    *limb = static_cast<std::uint32_t>(rest / divisor);
    rest %= divisor;
  }
  while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
  return static_cast<std::uint32_t>(rest);
}

Limbs parse_magnitude(std::string_view digits) {
  Limbs limbs;
  while (!digits.empty()) {
    const std::size_t length = (digits.size() - 1) % kChunkDigits + 1;
    std::uint64_t chunk = 0;
    std::from_chars(digits.data(), digits.data() + length, chunk);
    multiply_add(limbs, kChunk, chunk);
    digits.remove_prefix(length);
  }
  return limbs;
}

std::string print_magnitude(Limbs limbs) {
  std::string reversed;
  while (!limbs.empty()) {
    std::uint32_t chunk = divide(limbs, kChunk);
    for (std::size_t i = 0; i < kChunkDigits; ++i, chunk /= 10) {
      reversed += static_cast<char>('0' + chunk % 10);
    }
  }
  while (!reversed.empty() && reversed.back() == '0') reversed.pop_back();
  if (reversed.empty()) return "0";
  std::reverse(reversed.begin(), reversed.end());
  return reversed;
}

void negate(std::string& bytes) {
  unsigned carry = 1;
  for (char& byte : bytes) {
    carry += static_cast<std::uint8_t>(~static_cast<std::uint8_t>(byte));
    byte = static_cast<char>(carry);
    carry >>= 8;
  }
}

}  // namespace

std::string normal_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  std::string_view digits = text.substr(negative ? 1 : 0);
  if (digits.empty() || !std::all_of(digits.begin(), digits.end(), is_digit)) {
    throw InvalidArgument(fmt::format("not an integer: '{}'", text.substr(0, 75)));
  }
  while (digits.size() > 1 && digits.front() == '0') digits.remove_prefix(1);
  if (digits.size() > Value::kMaxIntegerDigits) {
    throw InvalidArgument(fmt::format("an integer of {} digits; at most {} are allowed",
                                      digits.size(), Value::kMaxIntegerDigits));
  }
  return negative && digits != "0" ? "-" + std::string(digits) : std::string(digits);
}

int compare_integers(std::string_view a, std::string_view b) {
  const bool negative = a.starts_with('-');
  if (negative != b.starts_with('-')) return negative ? -1 : 1;
  int order = a.size() != b.size() ? (a.size() < b.size() ? -1 : 1) : a.compare(b);
  return negative ? -order : order;
}

std::string integer_of(double whole) {
  std::array<char, 400> buffer{};  // The largest double has 309 digits.
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), whole,
                                    std::chars_format::fixed, 0);
  return {buffer.data(), result.ptr};
}

std::string to_twos_complement(std::string_view integer) {
  const bool negative = integer.starts_with('-');
  std::string bytes;
  for (const std::uint32_t limb : parse_magnitude(integer.substr(negative ? 1 : 0))) {
    for (unsigned shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(limb >> shift);
  }
  bytes += '\0';  // Room for the sign.
  if (negative) negate(bytes);
  const auto is_filler = [](char filler, char below) {
    const bool sign = (static_cast<std::uint8_t>(below) & 0x80U) != 0;
    return filler == (sign ? '\xff' : '\0');
  };
  while (bytes.size() > 1 && is_filler(bytes.back(), bytes[bytes.size() - 2])) bytes.pop_back();
  return bytes == std::string_view("\0", 1) ? std::string() : bytes;
}

std::string from_twos_complement(std::string_view bytes) {
  if (bytes.size() > kMaxBytes) {
    throw DecodeError(
        fmt::format("an integer of {} bytes; at most {} are allowed", bytes.size(), kMaxBytes));
  }
  const bool negative = !bytes.empty() && (static_cast<std::uint8_t>(bytes.back()) & 0x80U) != 0;
  std::string magnitude(bytes);
  if (negative) negate(magnitude);
  magnitude.resize((magnitude.size() + 3) / 4 * 4, '\0');
  Limbs limbs;
  for (std::size_t i = 0; i < magnitude.size(); i += 4) {
    std::uint32_t limb = 0;
    for (std::size_t k = 4; k-- > 0;) {
      limb = (limb << 8) | static_cast<std::uint8_t>(magnitude[i + k]);
    }
    limbs.push_back(limb);
  }
  while (!limbs.empty() && limbs.back() == 0) limbs.pop_back();
  std::string digits = print_magnitude(std::move(limbs));
  if (digits.size() > Value::kMaxIntegerDigits) {
    throw DecodeError(fmt::format("an integer of {} digits; at most {} are allowed", digits.size(),
                                  Value::kMaxIntegerDigits));
  }
  return negative ? "-" + digits : digits;
}

}  // namespace rqpp::codec
