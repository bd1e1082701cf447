#pragma once

#include <rqpp/call.h>
#include <rqpp/detail/argument.h>
#include <rqpp/detail/task_name.h>

namespace rqpp {

namespace detail {
/// Throws InvalidArgument.
[[noreturn]] void refuse_task_name(std::string_view name);
/// Throws InvalidArgument if the name is empty.
Call make_call(std::string_view function, Value::Items args);
/// Throws InvalidArgument if there is a keyword argument of that name.
void add_keyword(Call& call, std::string_view name, Value value);

template <class G>
Value value_of(const G& given) {
  return to_value(given);
}
template <class T>
Value value_of(const ResultOf<T>&) {
  return {};
}
/// Notes that what is given for a place is the result of a job, if it is.
template <class G>
void note_result(Call&, std::string_view, const G&) {}
template <class T>
void note_result(Call& call, std::string_view place, const ResultOf<T>& given) {
  call.results.emplace_back(place, given.job_id);
}
}  // namespace detail

/// A call whose result is an R (or void): `queue.enqueue` gives a `Job<R>` for it.
template <class R = Value>
struct TypedCall : Call {
  using Result = R;

  bool operator==(const TypedCall&) const = default;
};

/// A call by name, which can take keyword arguments as well.
template <class R = Value>
struct NamedCall : TypedCall<R> {
  /// Adds a keyword argument. Throws InvalidArgument if there is one of that name.
  template <class T>
  NamedCall& with(std::string_view name, const T& value) & {
    detail::add_keyword(*this, name, detail::value_of(value));
    detail::note_result(*this, name, value);
    return *this;
  }
  template <class T>
  NamedCall with(std::string_view name, const T& value) && {
    return std::move(with(name, value));
  }

  bool operator==(const NamedCall&) const = default;
};

/// A call of any function by its name, of a Python one for example.
///
///     queue.enqueue(rqpp::call("reports.build", 2026, "pdf").with("draft", true));
///     queue.enqueue(rqpp::call<double>("statistics.mean", numbers));  // a Job<double>
///
/// The arguments are of the types that rqpp::Convert knows; nothing can check here that the
/// function exists or takes them. Throws InvalidArgument if the name is empty.
template <class R = Value, class... Args>
NamedCall<R> call(std::string_view function, const Args&... args) {
  static_assert(std::is_void_v<R> || Convertible<R>, "rqpp cannot convert a result to this type");
  NamedCall<R> made{{detail::make_call(function, {detail::value_of(args)...})}};
  [[maybe_unused]] std::size_t place = 0;
  (detail::note_result(made, std::to_string(place++), args), ...);
  return made;
}

/// A task by its name, with the types of its parameters and its result.
///
///     inline constexpr rqpp::Task<long(int)> slow_fib{"fib.slow_fib"};
///
///     queue.enqueue(slow_fib(20));                    // a Job<long>
///     queue.enqueue(slow_fib("20"));                  // does not compile
///     queue.enqueue(slow_fib(rqpp::result_of(job)));  // waits for a Job<int>, takes its result
///
/// Number and types of the arguments are checked at compile time. An integer that is outside its
/// parameter's range (300 for a std::uint8_t) makes the call throw InvalidArgument. Parameters of
/// type std::optional at the end may be left out; nothing travels for them, so that the task's own
/// default applies, else None.
template <class Signature>
class Task;

template <class R, class... Args>
class Task<R(Args...)> {
  static_assert(std::is_void_v<R> || Convertible<R>,
                "rqpp cannot convert the result of this task: describe a struct with RQPP_FIELDS, "
                "an enum with RQPP_ENUM, or specialise rqpp::Convert");
  static_assert((Convertible<std::remove_cvref_t<Args>> && ...),
                "rqpp cannot convert a parameter of this task: describe a struct with RQPP_FIELDS, "
                "an enum with RQPP_ENUM, or specialise rqpp::Convert");

 public:
  using Result = R;
  using Parameters = std::tuple<std::remove_cvref_t<Args>...>;

  /// `module.function`, at most 255 characters. Another form does not compile in a constant, and
  /// throws InvalidArgument elsewhere. The text must outlive the task.
  constexpr explicit Task(const char* name) : name_(name) {
    if (!detail::is_task_name(name_)) detail::refuse_task_name(name_);
  }
  [[nodiscard]] constexpr std::string_view name() const { return name_; }

  /// Whether the task can be called with arguments of these types.
  template <class... Given>
  static constexpr bool accepts =
      detail::kFits<Parameters, std::tuple<std::remove_cvref_t<Given>...>>;

  /// The call as a value; nothing runs yet.
  template <class... Given>
  TypedCall<R> operator()(const Given&... given) const {
    constexpr bool enough =
        sizeof...(Given) >= detail::required_arguments<std::remove_cvref_t<Args>...>();
    constexpr bool not_too_many = sizeof...(Given) <= sizeof...(Args);
    static_assert(enough, "too few arguments for this rqpp::Task");
    static_assert(not_too_many, "too many arguments for this rqpp::Task");
    if constexpr (enough && not_too_many) {
      static_assert(accepts<Given...>,
                    "an argument does not fit its parameter of this rqpp::Task without loss");
      if constexpr (accepts<Given...>) return make(std::index_sequence_for<Given...>{}, given...);
    }
  }

 private:
  template <std::size_t... Index, class... Given>
  TypedCall<R> make(std::index_sequence<Index...>, const Given&... given) const {
    TypedCall<R> made{detail::make_call(
        name_, {detail::encode_argument<std::tuple_element_t<Index, Parameters>>(given)...})};
    (detail::note_result(made, std::to_string(Index), given), ...);
    return made;
  }

  std::string_view name_;
};

}  // namespace rqpp
