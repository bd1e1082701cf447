#pragma once

#include <cstring>
#include <limits>
#include <type_traits>

#include <rqpp/detail/refuse.h>

// Conversions of the types that hold no other types.
namespace rqpp {

template <class T>
struct Convert;

namespace detail {

template <class T, class... Types>
concept OneOf = (std::same_as<T, Types> || ...);

/// Integers, without bool and without the character types, which are no numbers to a reader.
template <class T>
concept Integer = std::integral<T> && !OneOf<T, bool, char, wchar_t, char8_t, char16_t, char32_t>;

/// What is text without further ado: string literals, std::string, std::string_view.
template <class T>
concept Text = std::is_convertible_v<const T&, std::string_view> && !std::is_null_pointer_v<T>;

/// The structures that a Value may hold.
template <class T>
concept ValueStructure = OneOf<T, BigInteger, Bytes, ByteArray, Date, TimeOfDay, DateTime,
                               TimeDelta, TimeZone, Decimal, Uuid>;

template <class T>
concept Byte = OneOf<T, std::byte, unsigned char>;

template <class T>
constexpr std::string_view number_name() {
  if constexpr (std::same_as<T, signed char>) return "signed char";
  if constexpr (std::same_as<T, unsigned char>) return "unsigned char";
  if constexpr (std::same_as<T, short>) return "short";
  if constexpr (std::same_as<T, unsigned short>) return "unsigned short";
  if constexpr (std::same_as<T, int>) return "int";
  if constexpr (std::same_as<T, unsigned>) return "unsigned int";
  if constexpr (std::same_as<T, long>) return "long";
  if constexpr (std::same_as<T, unsigned long>) return "unsigned long";
  if constexpr (std::same_as<T, long long>) return "long long";
  if constexpr (std::same_as<T, unsigned long long>) return "unsigned long long";
  if constexpr (std::same_as<T, float>) return "float";
  return "double";
}

/// The name of the Python type that a ValueStructure stands for.
template <ValueStructure T>
constexpr std::string_view structure_name() {
  if constexpr (std::same_as<T, BigInteger>) return "int";
  if constexpr (std::same_as<T, Bytes>) return "bytes";
  if constexpr (std::same_as<T, ByteArray>) return "bytearray";
  if constexpr (std::same_as<T, Date>) return "date";
  if constexpr (std::same_as<T, TimeOfDay>) return "time";
  if constexpr (std::same_as<T, DateTime>) return "datetime";
  if constexpr (std::same_as<T, TimeDelta>) return "timedelta";
  if constexpr (std::same_as<T, TimeZone>) return "timezone";
  if constexpr (std::same_as<T, Decimal>) return "Decimal";
  return "UUID";
}

}  // namespace detail

template <>
struct Convert<Value> {
  static Value to_value(const Value& value) { return value; }
  static Value from_value(const Value& value) { return value; }
  static std::string type() { return "object"; }
};

template <>
struct Convert<bool> {
  static Value to_value(bool flag) { return flag; }
  static bool from_value(const Value& value) { return detail::read_bool(value); }
  static std::string type() { return "bool"; }
};

template <detail::Integer T>
struct Convert<T> {
  static Value to_value(T number) { return number; }
  static T from_value(const Value& value) {
    using Limits = std::numeric_limits<T>;
    constexpr auto name = detail::number_name<T>();
    if constexpr (std::is_signed_v<T>) {
      return static_cast<T>(detail::read_signed(value, Limits::min(), Limits::max(), name));
    } else {
      return static_cast<T>(detail::read_unsigned(value, Limits::max(), name));
    }
  }
  static std::string type() { return "int"; }
};

template <std::floating_point T>
struct Convert<T> {
  static Value to_value(T number) { return static_cast<double>(number); }
  static T from_value(const Value& value) {
    constexpr double highest = std::same_as<T, float>
                                   ? static_cast<double>(std::numeric_limits<float>::max())
                                   : std::numeric_limits<double>::max();
    return static_cast<T>(detail::read_real(value, highest, detail::number_name<T>()));
  }
  static std::string type() { return "float"; }
};

template <>
struct Convert<std::string> {
  static Value to_value(const std::string& text) { return text; }
  static std::string from_value(const Value& value) { return detail::read_string(value); }
  static std::string type() { return "str"; }
};

/// Only towards Value: nothing would own the text on the way back.
template <>
struct Convert<std::string_view> {
  static Value to_value(std::string_view text) { return text; }
  static std::string type() { return "str"; }
};

/// None.
template <detail::OneOf<std::nullptr_t, std::monostate, std::nullopt_t> T>
struct Convert<T> {
  static Value to_value(const T&) { return {}; }
  static T from_value(const Value& value) requires std::default_initializable<T> {
    if (!value.is_null()) detail::refuse("None", value);
    return {};
  }
  static std::string type() { return "None"; }
};

template <detail::ValueStructure T>
struct Convert<T> {
  static Value to_value(const T& structure) { return structure; }
  static T from_value(const Value& value) {
    if constexpr (std::same_as<T, Bytes> || std::same_as<T, ByteArray>) {
      return {detail::read_bytes(value)};
    } else {
      if constexpr (std::same_as<T, BigInteger>) {
        if (value.kind() == Value::Kind::integer) return {std::to_string(value.as_int())};
      }
      if (const T* structure = value.get_if<T>()) return *structure;
      detail::refuse("a " + type(), value);
    }
  }
  static std::string type() { return std::string(detail::structure_name<T>()); }
};

/// A vector of std::byte or std::uint8_t is Python's bytes.
template <detail::Byte T>
struct Convert<std::vector<T>> {
  static Value to_value(const std::vector<T>& bytes) {
    Bytes copy;
    copy.data.resize(bytes.size());
    if (!bytes.empty()) std::memcpy(copy.data.data(), bytes.data(), bytes.size());
    return copy;
  }
  static std::vector<T> from_value(const Value& value) {
    const std::string& data = detail::read_bytes(value);
    std::vector<T> bytes(data.size());
    if (!data.empty()) std::memcpy(bytes.data(), data.data(), data.size());
    return bytes;
  }
  static std::string type() { return "bytes"; }
};

}  // namespace rqpp
