#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <rqpp/value.h>

namespace rqpp::detail {

struct ParameterSpec {
  std::string name{};               ///< Empty: the parameter can only be given by position.
  std::string type{};               ///< In Python's words: `int`, `list[str]`.
  std::optional<Value> fallback{};  ///< What the parameter is when the call leaves it out.
};

/// The arguments of one call, in the order of the parameters, and what a refusal calls them.
class Arguments {
 public:
  Arguments(std::string_view task, const std::vector<ParameterSpec>& parameters,
            Value::Items values)
      : task_(task), parameters_(&parameters), values_(std::move(values)) {}

  const Value& at(std::size_t index) const { return values_[index]; }
  std::string_view task() const { return task_; }
  /// Throws TaskError: `fib.slow_fib: argument 1 'n': <why>`.
  [[noreturn]] void refuse(std::size_t index, std::string_view why) const;
  /// Throws TaskError: `fib.slow_fib: cannot send its result: <why>`.
  [[noreturn]] void refuse_result(std::string_view why) const;

 private:
  std::string_view task_;
  const std::vector<ParameterSpec>* parameters_;
  Value::Items values_;
};

/// A function behind the types that Values know.
class TaskBody {
 public:
  TaskBody() = default;
  TaskBody(const TaskBody&) = delete;
  TaskBody& operator=(const TaskBody&) = delete;
  virtual ~TaskBody() = default;
  /// What the function throws comes through.
  virtual Value run(const Arguments& arguments) = 0;
};

/// One row of a TaskTable.
struct TaskSpec {
  std::string name{};  ///< Within its module: `slow_fib`, `Cls.st`.
  std::vector<ParameterSpec> parameters{};
  std::string result_type{};
  std::unique_ptr<TaskBody> body{};
};

}  // namespace rqpp::detail
