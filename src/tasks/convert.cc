#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include <rqpp/convert.h>
#include <rqpp/detail/argument.h>

#include "base/did_you_mean.h"
#include "codec/repr.h"

namespace rqpp::detail {
namespace {

using Kind = Value::Kind;

std::string describe(const Value& value) {
  if (value.is_null()) return "None";
  return fmt::format("{} {}", value.type_name(), codec::short_repr(value));
}

/// For a number of the right kind that is too big: its type would say nothing.
[[noreturn]] void refuse_range(std::string_view expected, const Value& got) {
  throw DecodeError(fmt::format("expected {}, got {}", expected, codec::short_repr(got)));
}

std::string integer_of(std::string_view type) {
  return fmt::format("an integer in {}'s range", type);
}

std::string in_quotes(std::span<const std::string_view> names) {
  std::string text;
  for (const std::string_view name : names) {
    text += fmt::format("{}'{}'", text.empty() ? "" : ", ", name);
  }
  return text;
}

}  // namespace

void refuse(std::string_view expected, const Value& got) {
  throw DecodeError(fmt::format("expected {}, got {}", expected, describe(got)));
}

void refuse_item(std::size_t item, const DecodeError& error) {
  throw DecodeError(fmt::format("item {}: {}", item, error.what()));
}

void refuse_under_key(const Value& key, const DecodeError& error) {
  throw DecodeError(fmt::format("key {}: {}", codec::short_repr(key), error.what()));
}

void refuse_under_key(std::string_view key, const DecodeError& error) {
  throw DecodeError(fmt::format("key '{}': {}", key, error.what()));
}

void refuse_key(const DecodeError& error) {
  throw DecodeError(fmt::format("dict key: {}", error.what()));
}

void refuse_missing_key(std::string_view type, std::string_view key) {
  throw DecodeError(fmt::format("missing key '{}' of {}", key, type));
}

void refuse_enumerator(std::string_view type, long long number) {
  throw InvalidArgument(
      fmt::format("{} has no enumerator {} in its RQPP_ENUM, so it cannot be sent", type, number));
}

void refuse_number(const Value& number, std::string_view type) {
  throw InvalidArgument(
      fmt::format("{} is outside the range of {}", codec::short_repr(number), type));
}

bool read_bool(const Value& value) {
  if (value.kind() != Kind::boolean) refuse("a bool", value);
  return value.as_bool();
}

std::int64_t read_signed(const Value& value, std::int64_t lowest, std::int64_t highest,
                         std::string_view type) {
  if (value.kind() == Kind::big_integer) refuse_range(integer_of(type), value);
  if (value.kind() != Kind::integer) refuse(integer_of(type), value);
  const std::int64_t number = value.as_int();
  if (number < lowest || number > highest) refuse_range(integer_of(type), value);
  return number;
}

std::uint64_t read_unsigned(const Value& value, std::uint64_t highest, std::string_view type) {
  if (const auto* big = value.get_if<BigInteger>()) {
    // Of the integers beyond int64, an uint64_t holds those that it writes with the same digits.
    constexpr std::size_t kMostDigits = std::numeric_limits<std::uint64_t>::digits10 + 1;
    const bool fits = highest == std::numeric_limits<std::uint64_t>::max() &&
                      !big->digits.starts_with('-') && big->digits.size() <= kMostDigits;
    const std::uint64_t number = fits ? std::strtoull(big->digits.c_str(), nullptr, 10) : 0;
    if (!fits || std::to_string(number) != big->digits) refuse_range(integer_of(type), value);
    return number;
  }
  if (value.kind() != Kind::integer) refuse(integer_of(type), value);
  const std::int64_t number = value.as_int();
  if (number < 0 || static_cast<std::uint64_t>(number) > highest) {
    refuse_range(integer_of(type), value);
  }
  return static_cast<std::uint64_t>(number);
}

double read_real(const Value& value, double highest, std::string_view type) {
  const Kind kind = value.kind();
  if (kind != Kind::real && kind != Kind::integer && kind != Kind::big_integer) {
    refuse("a float", value);
  }
  const double number = value.as_double();
  const bool finite = kind != Kind::real || std::isfinite(number);
  if (finite && !(std::abs(number) <= highest)) {
    refuse_range(fmt::format("a float in {}'s range", type), value);
  }
  return number;
}

const std::string& read_string(const Value& value) {
  if (!value.is_string()) refuse("a str", value);
  return value.as_string();
}

const std::string& read_bytes(const Value& value) {
  if (value.kind() != Kind::bytes && value.kind() != Kind::bytearray) refuse("bytes", value);
  return value.as_bytes();
}

std::span<const Value> read_sequence(const Value& value) {
  if (value.kind() != Kind::list && value.kind() != Kind::tuple) refuse("a list", value);
  return value.items();
}

std::span<const Value> read_sequence(const Value& value, std::size_t count) {
  const bool ordered = value.kind() == Kind::list || value.kind() == Kind::tuple;
  if (!ordered || value.items().size() != count) {
    refuse(fmt::format("a list or tuple of {} {}", count, count == 1 ? "item" : "items"), value);
  }
  return value.items();
}

std::span<const Value> read_set(const Value& value) {
  switch (value.kind()) {
    case Kind::list:
    case Kind::tuple:
    case Kind::set:
    case Kind::frozenset:
      return value.items();
    default:
      refuse("a set", value);
  }
}

std::span<const Value::Pair> read_dict(const Value& value) {
  if (value.kind() != Kind::dict) refuse("a dict", value);
  return value.pairs();
}

void check_keys(const Value& value, std::string_view type, std::span<const std::string_view> keys) {
  if (value.kind() != Kind::dict) refuse(fmt::format("a dict for {}", type), value);
  for (const auto& [key, item] : value.pairs()) {
    if (!key.is_string()) refuse(fmt::format("str keys for {}", type), key);
    if (std::ranges::find(keys, key.as_string()) != keys.end()) continue;
    const std::vector<std::string> known(keys.begin(), keys.end());
    const std::string meant = base::did_you_mean(key.as_string(), known);
    throw DecodeError(fmt::format("unknown key {} for {}{}", codec::short_repr(key), type,
                                  meant.empty() ? ", which has " + in_quotes(keys) : "." + meant));
  }
}

std::size_t read_name(const Value& value, std::string_view type,
                      std::span<const std::string_view> names) {
  if (value.is_string()) {
    const auto found = std::ranges::find(names, value.as_string());
    if (found != names.end()) return static_cast<std::size_t>(found - names.begin());
  }
  refuse(fmt::format("a {}, one of {}", type, in_quotes(names)), value);
}

}  // namespace rqpp::detail
