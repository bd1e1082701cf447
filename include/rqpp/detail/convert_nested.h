#pragma once

#include <tuple>

#include <rqpp/detail/convert_plain.h>

// Conversions of the types that hold a fixed number of other types.
namespace rqpp {

/// A type that travels both ways.
template <class T>
concept Convertible = requires(const T& object, const Value& value) {
  { Convert<T>::to_value(object) } -> std::same_as<Value>;
  { Convert<T>::from_value(value) } -> std::same_as<T>;
};

namespace detail {

template <class T>
std::string type_text() {
  if constexpr (requires { Convert<T>::type(); }) {
    return Convert<T>::type();
  } else {
    return "object";
  }
}

/// The item counts from 0 here.
template <class T>
T read_item(std::span<const Value> items, std::size_t index) {
  try {
    return Convert<T>::from_value(items[index]);
  } catch (const DecodeError& error) {
    refuse_item(index + 1, error);
  }
}

template <class Tuple>
struct ConvertTuple;

template <template <class...> class Tuple, class... Ts>
struct ConvertTuple<Tuple<Ts...>> {
  static Value to_value(const Tuple<Ts...>& tuple) {
    return std::apply(
        [](const Ts&... items) { return Value::tuple({Convert<Ts>::to_value(items)...}); }, tuple);
  }
  static Tuple<Ts...> from_value(const Value& value) {
    return read(read_sequence(value, sizeof...(Ts)), std::index_sequence_for<Ts...>{});
  }
  static std::string type() {
    std::string text;
    ((text += (text.empty() ? "" : ", ") + type_text<Ts>()), ...);
    return "tuple[" + text + "]";
  }

 private:
  template <std::size_t... Index>
  static Tuple<Ts...> read([[maybe_unused]] std::span<const Value> items,
                           std::index_sequence<Index...>) {
    return Tuple<Ts...>{read_item<Ts>(items, Index)...};
  }
};

}  // namespace detail

template <Convertible T>
struct Convert<std::optional<T>> {
  static Value to_value(const std::optional<T>& object) {
    return object ? Convert<T>::to_value(*object) : Value();
  }
  static std::optional<T> from_value(const Value& value) {
    if (value.is_null()) return std::nullopt;
    return Convert<T>::from_value(value);
  }
  static std::string type() { return detail::type_text<T>() + " | None"; }
};

template <Convertible A, Convertible B>
struct Convert<std::pair<A, B>> : detail::ConvertTuple<std::pair<A, B>> {};

template <Convertible... Ts>
struct Convert<std::tuple<Ts...>> : detail::ConvertTuple<std::tuple<Ts...>> {};

/// The first alternative that takes the value wins.
template <Convertible... Ts>
struct Convert<std::variant<Ts...>> {
  using Variant = std::variant<Ts...>;

  static Value to_value(const Variant& variant) {
    return std::visit([](const auto& object) { return to_value_of(object); }, variant);
  }
  static Variant from_value(const Value& value) {
    std::optional<Variant> result;
    (try_one<Ts>(value, result) || ...);
    if (!result) detail::refuse(type(), value);
    return *std::move(result);
  }
  static std::string type() {
    std::string text;
    ((text += (text.empty() ? "" : " | ") + detail::type_text<Ts>()), ...);
    return text;
  }

 private:
  template <class T>
  static Value to_value_of(const T& object) {
    return Convert<T>::to_value(object);
  }
  template <class T>
  static bool try_one(const Value& value, std::optional<Variant>& result) {
    try {
      result.emplace(Convert<T>::from_value(value));
      return true;
    } catch (const DecodeError&) {
      return false;
    }
  }
};

}  // namespace rqpp
