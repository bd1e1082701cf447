#pragma once

#include <rqpp/detail/convert_containers.h>
#include <rqpp/detail/convert_described.h>
#include <rqpp/detail/convert_nested.h>
#include <rqpp/detail/convert_plain.h>
#include <rqpp/detail/convert_time.h>

namespace rqpp {

/// How a C++ type becomes a Value and back: the types that may be arguments and results of tasks.
///
/// | C++                                          | Python                                       |
/// | -------------------------------------------- | -------------------------------------------- |
/// | bool                                         | bool                                         |
/// | integers (no character types)                | int, in the type's range                     |
/// | float, double                                | float; an int is taken too                   |
/// | std::string, string_view (towards Value)     | str                                          |
/// | Bytes, std::vector of std::byte or uint8_t   | bytes; a bytearray is taken too              |
/// | std::optional<T>                             | T or None                                    |
/// | std::pair, std::tuple                        | tuple; a list is taken too                   |
/// | std::vector, deque, list, array              | list; a tuple is taken too                   |
/// | std::set, unordered_set                      | set; frozenset, list, tuple are taken too    |
/// | std::map, unordered_map                      | dict                                         |
/// | std::chrono durations                        | timedelta; seconds as int or float are taken |
/// | std::chrono::sys_time                        | aware datetime; a naive one is taken as UTC  |
/// | std::variant                                 | the first alternative that takes the value   |
/// | enums described with RQPP_ENUM               | str, the enumerator's name                   |
/// | structs described with RQPP_FIELDS           | dict with the fields' names as keys          |
/// | Value, Date, DateTime, Decimal, Uuid, …      | themselves                                   |
///
/// `from_value` throws DecodeError and says where: `item 3: key 'x': expected a float, got str 'a'`
/// (items count from 1). It rounds and cuts nothing: 3000000000 is no int, 1.5 s no
/// std::chrono::seconds. `to_value` throws InvalidArgument for what Python cannot hold: a time
/// point in the year 10000, a set of vectors (a list is unhashable), an enumerator without a name.
/// Times are rounded to microseconds, as Python has no finer ones.
///
/// For a type of your own that is no plain struct, specialise it:
///
///     template <>
///     struct rqpp::Convert<Url> {
///       static Value to_value(const Url& url) { return url.text(); }
///       static Url from_value(const Value& value) { return Url(value.as_string()); }
///       static std::string type() { return "str"; }  // optional, for listings
///     };
template <class T>
struct Convert;

/// A type that can at least become a Value.
template <class T>
concept ConvertibleToValue = requires(const T& object) {
  { Convert<T>::to_value(object) } -> std::same_as<Value>;
};

/// Any convertible object, a string literal too, as a Value.
template <class T>
Value to_value(const T& object) {
  if constexpr (ConvertibleToValue<T>) {
    return Convert<T>::to_value(object);
  } else {
    static_assert(
        detail::Text<T>,
        "rqpp cannot convert this type to a Value: describe a struct with RQPP_FIELDS, an "
        "enum with RQPP_ENUM, or specialise rqpp::Convert");
    if constexpr (detail::Text<T>) return Value(std::string_view(object));
  }
}

/// A Value as a C++ type. Throws DecodeError if it is not one of that type.
template <class T>
T from_value(const Value& value) {
  static_assert(Convertible<T>,
                "rqpp cannot convert a Value to this type: describe a struct with RQPP_FIELDS, an "
                "enum with RQPP_ENUM, or specialise rqpp::Convert");
  return Convert<T>::from_value(value);
}

}  // namespace rqpp
