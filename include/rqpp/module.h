#pragma once

#include <rqpp/detail/function_body.h>
#include <rqpp/detail/module_abi.h>
#include <rqpp/middleware.h>
#include <rqpp/task.h>

namespace rqpp {

/// The name of a task's parameter, with a default value if it may be left out.
struct Parameter {
  Parameter(const char* parameter) : name(parameter) {}  // NOLINT(google-explicit-constructor)
  template <class T>
  Parameter(const char* parameter, const T& value) : name(parameter), fallback(to_value(value)) {}

  std::string name;
  std::optional<Value> fallback{};
};

/// The tasks of one module: what RQPP_MODULE fills.
class TaskTable {
 public:
  /// `module` is the dotted name that the tasks' names begin with. Throws InvalidArgument.
  explicit TaskTable(std::string module);

  /// Makes a function or a lambda callable as `<module>.<name>`, by position only.
  ///
  /// Parameters may be of any type that rqpp::Convert knows, by value or by const reference, and
  /// std::string_view or std::span<const T>. A result void is None. A parameter of type
  /// std::optional that is left out is empty. What the function throws fails the job, but for what
  /// run_again.h has. A function that may ask for another run returns std::variant<T, Retry>, or
  /// std::optional<Retry> if it has no result; its task is one with result T, or void.
  ///
  /// Throws InvalidArgument if the name is no dotted name or is taken.
  template <class F>
  void add(std::string_view name, F function) {
    check_function<F>();
    if constexpr (detail::HasSignature<F>) {
      add_function(name, std::move(function), {}, typename detail::SignatureOf<F>::Type{});
    }
  }
  /// As above, and its arguments may be given by name too; parameters may have default values:
  ///
  ///     tasks.add("render", render, {"path", {"quality", 80}});
  ///
  /// Throws InvalidArgument also for a default value that does not fit, and for a repeated name.
  template <class F, std::size_t N>
  void add(std::string_view name, F function, const Parameter (&parameters)[N]) {
    check_function<F>();
    if constexpr (detail::HasSignature<F>) {
      using Type = typename detail::SignatureOf<F>::Type;
      static_assert(parameter_count(Type{}) == N, "give one name for each parameter of the task");
      add_function(name, std::move(function), parameters, Type{});
    }
  }
  /// Adds the function behind a handle; its parameters and result must be the handle's. Throws
  /// InvalidArgument also if the handle's name does not begin with this module's.
  template <class S, class F>
  void add(const Task<S>& task, F function) {
    check_match<S, F>();
    add(local_name(task.name()), std::move(function));
  }
  template <class S, class F, std::size_t N>
  void add(const Task<S>& task, F function, const Parameter (&parameters)[N]) {
    check_match<S, F>();
    add(local_name(task.name()), std::move(function), parameters);
  }

  /// Runs `middleware` around every task of this module, also those that were added before. Of
  /// several the first one is outside.
  void use(PerformMiddleware middleware) { middleware_.push_back(std::move(middleware)); }

  /// Asks for this module to be loaded by each horse itself, after it was forked, instead of once
  /// for all of them. For what does not survive a fork: contexts of a GPU, locks that a library
  /// holds, connections and threads of global objects. A module that starts threads when it is
  /// loaded is found out and need not ask.
  ///
  ///     RQPP_MODULE(infer) {
  ///       tasks.load_in_each_horse();
  ///       tasks.add("infer", infer);
  ///     }
  ///
  /// Each job then pays for the loading; more jobs per horse share it. To find this out, the module
  /// is loaded once in a process of its own, which ends at once.
  void load_in_each_horse() { in_each_horse_ = true; }
  [[nodiscard]] bool is_loaded_in_each_horse() const { return in_each_horse_; }

  [[nodiscard]] const std::string& module() const { return module_; }
  [[nodiscard]] std::span<const detail::TaskSpec> tasks() const { return tasks_; }
  /// Hands the rows over to whoever runs them.
  std::vector<detail::TaskSpec> release() &&;

 private:
  template <class F>
  static constexpr void check_function() {
    static_assert(
        detail::HasSignature<F>,
        "a task is a function, or an object with one operator() that is no template; pick "
        "one of several overloads with static_cast");
  }
  template <class R, class... Ps>
  static constexpr std::size_t parameter_count(detail::Signature<R, Ps...>) {
    return sizeof...(Ps);
  }
  template <class R, class... Ps>
  static std::tuple<detail::Kept<typename detail::ReturnOf<R>::Type>, detail::Kept<Ps>...>* shape(
      detail::Signature<R, Ps...>);

  template <class S, class F>
  static constexpr void check_match() {
    check_function<F>();
    if constexpr (detail::HasSignature<F>) {
      using Handle = typename detail::SignatureOf<S*>::Type;
      using Function = typename detail::SignatureOf<F>::Type;
      static_assert(std::is_same_v<decltype(shape(Handle{})), decltype(shape(Function{}))>,
                    "the function's parameters and result are not those of its rqpp::Task");
    }
  }

  template <class P>
  void describe_parameter(detail::TaskSpec& spec, std::span<const Parameter> given) const {
    detail::ParameterSpec parameter{.type = detail::type_text<detail::Kept<P>>()};
    if constexpr (detail::kIsOptional<detail::Kept<P>>) parameter.fallback = Value();
    const auto check = [](const Value& value) {
      (void)Convert<detail::Kept<P>>::from_value(value);
    };
    add_parameter(spec, std::move(parameter), given, check);
  }

  template <class F, class R, class... Ps>
  void add_function(std::string_view name, F function, std::span<const Parameter> given,
                    detail::Signature<R, Ps...>) {
    static_assert((detail::Parameter<Ps> && ...),
                  "rqpp cannot convert a parameter of this task: take it by value or by const "
                  "reference; describe a struct with RQPP_FIELDS, an enum with RQPP_ENUM, or "
                  "specialise rqpp::Convert");
    static_assert(
        detail::Result<R>,
        "rqpp cannot convert the result of this task: describe a struct with RQPP_FIELDS, "
        "an enum with RQPP_ENUM, or specialise rqpp::Convert");
    if constexpr ((detail::Parameter<Ps> && ...) && detail::Result<R>) {
      detail::TaskSpec spec{.name = std::string(name),
                            .result_type = detail::result_type_text<R>()};
      (describe_parameter<Ps>(spec, given), ...);
      using Body = detail::FunctionBody<F, detail::Signature<R, Ps...>>;
      spec.body = std::make_unique<Body>(std::move(function));
      add_spec(std::move(spec));
    }
  }

  void add_parameter(detail::TaskSpec& spec, detail::ParameterSpec parameter,
                     std::span<const Parameter> given, void (*check)(const Value&)) const;
  void add_spec(detail::TaskSpec spec);
  [[nodiscard]] std::string_view local_name(std::string_view task) const;

  std::string module_;
  std::vector<detail::TaskSpec> tasks_{};
  std::vector<PerformMiddleware> middleware_{};
  bool in_each_horse_ = false;
};

}  // namespace rqpp

/// Defines a module: a file of tasks that workers load by name, here `fib.so` or `libfib.so`.
///
///     RQPP_MODULE(fib) { tasks.add("slow_fib", slow_fib, {"n"}); }
///
/// Stands once in a module, at namespace scope; in `pkg/m.so`, the module `pkg.m`, it is
/// RQPP_MODULE(m). The module is the function `rqpp_module_fib()`, which returns a pointer to an
/// rqpp::Module: a program that is its own worker hands that over instead of a file.
#define RQPP_MODULE(module_name)                                              \
  static void rqpp_fill_##module_name(::rqpp::TaskTable& tasks);              \
  RQPP_DECLARE_MODULE(module_name) {                                          \
    static constexpr ::rqpp::Module module{.name = #module_name,              \
                                           .fill = &rqpp_fill_##module_name}; \
    return &module;                                                           \
  }                                                                           \
  static void rqpp_fill_##module_name([[maybe_unused]] ::rqpp::TaskTable& tasks)

/// Declares `rqpp_module_fib()` in another source file of the program: `RQPP_DECLARE_MODULE(fib);`
#define RQPP_DECLARE_MODULE(module_name)            \
  extern "C" __attribute__((visibility("default"))) \
  const ::rqpp::Module* rqpp_module_##module_name()
