#pragma once

#include <rqpp/detail/convert_nested.h>
#include <rqpp/detail/for_each.h>

/// Describes a struct in one line, at namespace scope behind it and in its namespace, so that it
/// can be an argument or a result. It travels as a dict with the names of the fields as keys.
///
///     struct Point { double x = 0, y = 0; std::optional<std::string> label; };
///     RQPP_FIELDS(Point, x, y, label)
///
/// Reading refuses unknown keys and missing ones; a std::optional field may be missing. The struct
/// must be default constructible, its fields public.
#define RQPP_FIELDS(Type, ...)                                                                    \
  [[maybe_unused]] constexpr auto rqpp_fields(const Type*) {                                      \
    using Described = Type;                                                                       \
    return ::rqpp::detail::describe_struct(#Type,                                                 \
                                           RQPP_DETAIL_FOR_EACH(RQPP_DETAIL_FIELD, __VA_ARGS__)); \
  }
#define RQPP_DETAIL_FIELD(name) ::rqpp::detail::describe_field(#name, &Described::name)

/// Describes an enum in one line, at namespace scope behind it and in its namespace. It travels as
/// the name of the enumerator, a str.
///
///     enum class Color { red, green };
///     RQPP_ENUM(Color, red, green)
#define RQPP_ENUM(Type, ...)                                               \
  [[maybe_unused]] constexpr auto rqpp_enum(Type) {                        \
    using Described = Type;                                                \
    return ::rqpp::detail::describe_enum(                                  \
        #Type, RQPP_DETAIL_FOR_EACH(RQPP_DETAIL_ENUMERATOR, __VA_ARGS__)); \
  }
#define RQPP_DETAIL_ENUMERATOR(name) ::rqpp::detail::describe_enumerator(#name, Described::name)

namespace rqpp {

namespace detail {

template <class Member>
struct Field {
  std::string_view name;
  Member member;
};

template <class... Members>
struct StructDescription {
  std::string_view type;
  std::tuple<Field<Members>...> fields;
};

template <class E>
struct Enumerator {
  std::string_view name;
  E value;
};

template <class E, std::size_t N>
struct EnumDescription {
  std::string_view type;
  std::array<std::string_view, N> names;
  std::array<E, N> values;
};

template <class Member>
constexpr Field<Member> describe_field(std::string_view name, Member member) {
  return {name, member};
}

template <class... Members>
constexpr StructDescription<Members...> describe_struct(std::string_view type,
                                                        Field<Members>... fields) {
  return {type, {fields...}};
}

template <class E>
constexpr Enumerator<E> describe_enumerator(std::string_view name, E value) {
  return {name, value};
}

template <class E, class... Es>
constexpr EnumDescription<E, 1 + sizeof...(Es)> describe_enum(std::string_view type,
                                                              Enumerator<E> first,
                                                              Enumerator<Es>... rest) {
  return {type, {first.name, rest.name...}, {first.value, rest.value...}};
}

template <class T>
concept DescribedStruct = std::is_class_v<T> && requires(const T* object) {
  rqpp_fields(object);
};

template <class T>
concept DescribedEnum = std::is_enum_v<T> && requires(T object) {
  rqpp_enum(object);
};

template <class T>
inline constexpr bool kIsOptional = false;
template <class T>
inline constexpr bool kIsOptional<std::optional<T>> = true;

template <class T>
void read_field(const Value& dict, std::string_view type, std::string_view name, T& field) {
  static_assert(Convertible<T>,
                "rqpp cannot convert a field of this struct: describe its type with RQPP_FIELDS or "
                "RQPP_ENUM, or specialise rqpp::Convert");
  const Value* value = dict.find(name);
  if (value == nullptr) {
    if constexpr (kIsOptional<T>) return;
    refuse_missing_key(type, name);
  }
  try {
    field = Convert<T>::from_value(*value);
  } catch (const DecodeError& error) {
    refuse_under_key(name, error);
  }
}

/// Throws InvalidArgument.
[[noreturn]] void refuse_enumerator(std::string_view type, long long number);

}  // namespace detail

template <detail::DescribedStruct T>
struct Convert<T> {
  static Value to_value(const T& object) {
    return std::apply(
        [&object](const auto&... fields) {
          return Value::dict({{Value(fields.name), write(object.*fields.member)}...});
        },
        description().fields);
  }
  static T from_value(const Value& value) {
    T object{};
    std::apply(
        [&](const auto&... fields) {
          const std::array<std::string_view, sizeof...(fields)> names{fields.name...};
          detail::check_keys(value, description().type, names);
          (detail::read_field(value, description().type, fields.name, object.*fields.member), ...);
        },
        description().fields);
    return object;
  }
  static std::string type() { return std::string(description().type); }

 private:
  static constexpr auto description() { return rqpp_fields(static_cast<const T*>(nullptr)); }
  template <class Field>
  static Value write(const Field& field) {
    return Convert<Field>::to_value(field);
  }
};

template <detail::DescribedEnum T>
struct Convert<T> {
  static Value to_value(const T& object) {
    constexpr auto known = rqpp_enum(T{});
    for (std::size_t i = 0; i < known.values.size(); ++i) {
      if (known.values[i] == object) return known.names[i];
    }
    detail::refuse_enumerator(known.type, static_cast<long long>(object));
  }
  static T from_value(const Value& value) {
    constexpr auto known = rqpp_enum(T{});
    return known.values[detail::read_name(value, known.type, known.names)];
  }
  static std::string type() { return std::string(rqpp_enum(T{}).type); }
};

}  // namespace rqpp
