#pragma once

#include <rqpp/convert.h>
#include <rqpp/detail/task_spec.h>
#include <rqpp/retry_later.h>

// From a C++ function to a TaskBody.
namespace rqpp::detail {

/// What a parameter is kept as while the function runs: views are kept as what they look at.
template <class P>
struct KeptAs {
  using Type = P;
};
template <>
struct KeptAs<std::string_view> {
  using Type = std::string;
};
template <class T>
struct KeptAs<std::span<const T>> {
  using Type = std::vector<T>;
};
template <class P>
using Kept = typename KeptAs<std::remove_cvref_t<P>>::Type;

/// Result and parameters of a function, or of an object with one operator().
template <class R, class... Ps>
struct Signature {};

template <class F>
struct SignatureOf;
template <class F>
requires requires { &F::operator(); }
struct SignatureOf<F> : SignatureOf<decltype(&F::operator())> {};
template <class R, class... Ps>
struct SignatureOf<R (*)(Ps...)> {
  using Type = Signature<R, Ps...>;
};
template <class R, class... Ps>
struct SignatureOf<R (*)(Ps...) noexcept> : SignatureOf<R (*)(Ps...)> {};
template <class R, class Object, class... Ps>
struct SignatureOf<R (Object::*)(Ps...)> : SignatureOf<R (*)(Ps...)> {};
template <class R, class Object, class... Ps>
struct SignatureOf<R (Object::*)(Ps...) const> : SignatureOf<R (*)(Ps...)> {};
template <class R, class Object, class... Ps>
struct SignatureOf<R (Object::*)(Ps...) noexcept> : SignatureOf<R (*)(Ps...)> {};
template <class R, class Object, class... Ps>
struct SignatureOf<R (Object::*)(Ps...) const noexcept> : SignatureOf<R (*)(Ps...)> {};

template <class F>
concept HasSignature = requires {
  typename SignatureOf<F>::Type;
};

template <class P>
concept Parameter = Convertible<Kept<P>> &&
    (!std::is_lvalue_reference_v<P> || std::is_const_v<std::remove_reference_t<P>>);

/// What a task's callers get of what its function returns: a function may return a Retry instead.
template <class R>
struct ReturnOf {
  using Type = R;
  static constexpr bool kMayRetry = false;
};
template <class T>
struct ReturnOf<std::variant<T, Retry>> {
  using Type = T;
  static constexpr bool kMayRetry = true;
};
template <>
struct ReturnOf<std::optional<Retry>> {
  using Type = void;
  static constexpr bool kMayRetry = true;
};
template <>
struct ReturnOf<Retry> : ReturnOf<std::optional<Retry>> {};

template <class R>
concept Result = std::is_void_v<typename ReturnOf<R>::Type> || Text<R> ||
    ConvertibleToValue<std::remove_cvref_t<typename ReturnOf<R>::Type>>;

template <class Returned>
std::string result_type_text() {
  using R = typename ReturnOf<Returned>::Type;
  if constexpr (std::is_void_v<R>) {
    return "None";
  } else if constexpr (Text<R>) {
    return "str";
  } else {
    return type_text<std::remove_cvref_t<R>>();
  }
}

template <class P>
Kept<P> read_argument(const Arguments& arguments, std::size_t index) {
  try {
    return Convert<Kept<P>>::from_value(arguments.at(index));
  } catch (const DecodeError& error) {
    arguments.refuse(index, error.what());
  }
}

template <class R>
Value write_result(const Arguments& arguments, const R& result) {
  try {
    return to_value(result);
  } catch (const InvalidArgument& error) {
    arguments.refuse_result(error.what());
  }
}

inline Value value_or_retry(const Arguments&, const Retry& retry) { throw RetryLater(retry); }
inline Value value_or_retry(const Arguments&, const std::optional<Retry>& retry) {
  if (retry) throw RetryLater(*retry);
  return {};
}
template <class T>
Value value_or_retry(const Arguments& arguments, const std::variant<T, Retry>& result) {
  if (const Retry* retry = std::get_if<Retry>(&result)) throw RetryLater(*retry);
  return write_result<T>(arguments, std::get<T>(result));
}

template <class P>
decltype(auto) pass(Kept<P>& kept) {
  if constexpr (std::is_same_v<P, Kept<P>> || std::is_rvalue_reference_v<P>) {
    return std::move(kept);
  } else {
    return std::as_const(kept);
  }
}

template <class F, class S>
class FunctionBody;

template <class F, class R, class... Ps>
class FunctionBody<F, Signature<R, Ps...>> final : public TaskBody {
 public:
  explicit FunctionBody(F function) : function_(std::move(function)) {}

  Value run(const Arguments& arguments) override {
    return run(arguments, std::index_sequence_for<Ps...>{});
  }

 private:
  template <std::size_t... Index>
  Value run(const Arguments& arguments, std::index_sequence<Index...>) {
    // Braces: the arguments are read from left to right.
    [[maybe_unused]] std::tuple<Kept<Ps>...> kept{read_argument<Ps>(arguments, Index)...};
    if constexpr (std::is_void_v<R>) {
      function_(pass<Ps>(std::get<Index>(kept))...);
      return {};
    } else if constexpr (ReturnOf<R>::kMayRetry) {
      return value_or_retry(arguments, function_(pass<Ps>(std::get<Index>(kept))...));
    } else {
      return write_result<std::remove_cvref_t<R>>(arguments,
                                                  function_(pass<Ps>(std::get<Index>(kept))...));
    }
  }

  F function_;
};

}  // namespace rqpp::detail
