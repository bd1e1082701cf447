#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <rqpp/call.h>
#include <rqpp/detail/task_spec.h>

namespace rqpp::tasks {

/// A task that can run.
class TaskEntry {
 public:
  TaskEntry(std::string module, detail::TaskSpec spec);

  const std::string& name() const { return name_; }  ///< With its module: `fib.slow_fib`.
  std::size_t parameter_count() const { return spec_.parameters.size(); }
  /// For people: `fib.slow_fib(n: int) -> int`, `img.scale(path: str, quality: int = 80) -> None`.
  std::string signature() const;

  /// Runs the function with the call's arguments; the call's function name does not matter here.
  /// Throws TaskError if the arguments do not fit or the result cannot be sent; what the function
  /// throws comes through.
  Value invoke(const Call& call) const;

 private:
  std::string name_;
  detail::TaskSpec spec_;
};

}  // namespace rqpp::tasks
