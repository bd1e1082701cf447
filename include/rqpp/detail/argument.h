#pragma once

#include <tuple>
#include <utility>

#include <rqpp/convert.h>
#include <rqpp/result_of.h>

// Which C++ arguments a typed task takes: those that its parameter can hold without silent loss.
namespace rqpp::detail {

template <class T>
concept Number = Integer<T> || std::floating_point<T>;

/// std::chrono durations and time points.
template <class T>
concept Clocked = requires {
  typename T::rep;
  typename T::period;
};

template <class P, class G>
struct Accepts : std::bool_constant<std::is_same_v<P, G> ||
                                    (std::is_convertible_v<const G&, P> && std::is_class_v<P>)> {};

// A number may be given by a number, but an integer parameter takes no fraction; integers are
// checked for range when the call is made. A bool is no number, and a number no bool.
template <Number P, class G>
struct Accepts<P, G>
    : std::bool_constant<Integer<G> || (std::floating_point<P> && std::floating_point<G>)> {};
template <class G>
struct Accepts<bool, G> : std::is_same<bool, G> {};
template <class G>
struct Accepts<std::string, G> : std::bool_constant<Text<G>> {};
template <class P, class G>
struct Accepts<std::optional<P>, G>
    : std::bool_constant<std::is_same_v<G, std::nullopt_t> || Accepts<P, G>::value> {};
template <class P, class G>
struct Accepts<std::optional<P>, std::optional<G>> : Accepts<P, G> {};
// The converting constructors of these three would narrow what they hold silently.
template <class A, class B, class G>
struct Accepts<std::pair<A, B>, G> : std::is_same<std::pair<A, B>, G> {};
template <class... Ps, class G>
struct Accepts<std::tuple<Ps...>, G> : std::is_same<std::tuple<Ps...>, G> {};
template <class... Ps, class G>
struct Accepts<std::variant<Ps...>, G>
    : std::bool_constant<std::is_same_v<std::variant<Ps...>, G> || (std::is_same_v<Ps, G> || ...)> {
};
/// A Value parameter takes whatever converts.
template <class G>
struct Accepts<Value, G> : std::bool_constant<Text<G> || ConvertibleToValue<G>> {};

/// Throws InvalidArgument: `300 is outside the range of unsigned char`.
[[noreturn]] void refuse_number(const Value& number, std::string_view type);

/// What stands for it until it is known.
template <class P, class T>
Value encode_argument(const ResultOf<T>&) {
  return {};
}
template <class P, class G>
Value encode_argument(const G& given) {
  // Times go as they are: from one type to the other they could overflow.
  constexpr bool as_it_is =
      std::is_same_v<P, G> || OneOf<P, Value, std::string> || (Clocked<P> && Clocked<G>);
  if constexpr (as_it_is) {
    return to_value(given);
  } else if constexpr (Integer<P>) {
    if (!std::in_range<P>(given)) refuse_number(to_value(given), number_name<P>());
    return to_value(given);
  } else if constexpr (Number<P>) {
    return static_cast<double>(given);
  } else if constexpr (std::is_same_v<G, std::nullopt_t>) {
    return {};
  } else if constexpr (kIsOptional<P> && kIsOptional<G>) {
    return given ? encode_argument<typename P::value_type>(*given) : Value();
  } else if constexpr (kIsOptional<P>) {
    return encode_argument<typename P::value_type>(given);
  } else {
    return to_value<P>(given);
  }
}

/// How many arguments cannot be left out: all but the std::optional ones at the end.
template <class... Ps>
constexpr std::size_t required_arguments() {
  std::size_t position = 0;
  std::size_t required = 0;
  ((++position, required = kIsOptional<Ps> ? required : position), ...);
  return required;
}

/// Whether arguments of the types Gs fit the parameters Ps.
template <class Ps, class Gs>
inline constexpr bool kFits = false;
template <class... Ps>
inline constexpr bool kFits<std::tuple<Ps...>, std::tuple<>> = required_arguments<Ps...>() == 0;
template <class P, class... Ps, class G, class... Gs>
inline constexpr bool kFits<std::tuple<P, Ps...>, std::tuple<G, Gs...>> =
    Accepts<P, typename Awaited<G>::Type>::value&& kFits<std::tuple<Ps...>, std::tuple<Gs...>>;

}  // namespace rqpp::detail
