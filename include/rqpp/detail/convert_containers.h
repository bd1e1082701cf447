#pragma once

#include <rqpp/detail/convert_nested.h>

// Conversions of containers. They are told by what they can do, so that nothing here includes
// <map>, <set> or <unordered_map>.
namespace rqpp {

namespace detail {

/// vector, deque, list.
template <class T>
concept Sequence = requires(T& items, typename T::value_type item) {
  items.push_back(item);
  items.begin();
  items.end();
}
&&!requires { typename T::key_type; }
&&Convertible<typename T::value_type>;

/// set and unordered_set, without the multi ones.
template <class T>
concept SetLike = requires(T& items, typename T::key_type key) {
  { items.insert(key).second } -> std::convertible_to<bool>;
}
&&!requires { typename T::mapped_type; }
&&Convertible<typename T::key_type>;

/// map and unordered_map, without the multi ones.
template <class T>
concept MapLike = requires(T& items, typename T::key_type key, typename T::mapped_type item) {
  { items.emplace(key, item).second } -> std::convertible_to<bool>;
}
&&Convertible<typename T::key_type>&& Convertible<typename T::mapped_type>;

template <class T>
Value::Items write_items(const T& items) {
  Value::Items values;
  values.reserve(items.size());
  for (const auto& item : items) values.push_back(Convert<typename T::value_type>::to_value(item));
  return values;
}

}  // namespace detail

template <Convertible T, std::size_t N>
struct Convert<std::array<T, N>> {
  static Value to_value(const std::array<T, N>& items) {
    return Value::list(detail::write_items(items));
  }
  static std::array<T, N> from_value(const Value& value) {
    return read(detail::read_sequence(value, N), std::make_index_sequence<N>{});
  }
  static std::string type() { return "list[" + detail::type_text<T>() + "]"; }

 private:
  template <std::size_t... Index>
  static std::array<T, N> read([[maybe_unused]] std::span<const Value> items,
                               std::index_sequence<Index...>) {
    return {detail::read_item<T>(items, Index)...};
  }
};

template <detail::Sequence T>
struct Convert<T> {
  using Item = typename T::value_type;

  static Value to_value(const T& items) { return Value::list(detail::write_items(items)); }
  static T from_value(const Value& value) {
    const std::span<const Value> items = detail::read_sequence(value);
    T result;
    for (std::size_t i = 0; i < items.size(); ++i) {
      result.push_back(detail::read_item<Item>(items, i));
    }
    return result;
  }
  static std::string type() { return "list[" + detail::type_text<Item>() + "]"; }
};

template <detail::SetLike T>
struct Convert<T> {
  using Item = typename T::key_type;

  static Value to_value(const T& items) { return Value::set(detail::write_items(items)); }
  static T from_value(const Value& value) {
    const std::span<const Value> items = detail::read_set(value);
    T result;
    for (std::size_t i = 0; i < items.size(); ++i) {
      result.insert(detail::read_item<Item>(items, i));
    }
    return result;
  }
  static std::string type() { return "set[" + detail::type_text<Item>() + "]"; }
};

template <detail::MapLike T>
struct Convert<T> {
  using Key = typename T::key_type;
  using Item = typename T::mapped_type;

  static Value to_value(const T& items) {
    Value::Pairs pairs;
    pairs.reserve(items.size());
    for (const auto& [key, item] : items) {
      pairs.emplace_back(Convert<Key>::to_value(key), Convert<Item>::to_value(item));
    }
    return Value::dict(std::move(pairs));
  }
  static T from_value(const Value& value) {
    T result;
    for (const auto& [key, item] : detail::read_dict(value)) {
      result.emplace(read_key(key), read_item(key, item));
    }
    return result;
  }
  static std::string type() {
    return "dict[" + detail::type_text<Key>() + ", " + detail::type_text<Item>() + "]";
  }

 private:
  static Key read_key(const Value& key) {
    try {
      return Convert<Key>::from_value(key);
    } catch (const DecodeError& error) {
      detail::refuse_key(error);
    }
  }
  static Item read_item(const Value& key, const Value& item) {
    try {
      return Convert<Item>::from_value(item);
    } catch (const DecodeError& error) {
      detail::refuse_under_key(key, error);
    }
  }
};

}  // namespace rqpp
