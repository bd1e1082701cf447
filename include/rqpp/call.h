#pragma once

#include <string>
#include <utility>
#include <vector>

#include <rqpp/value.h>

namespace rqpp {

/// A function by name and the arguments to call it with: what a job does, as a value.
///
///     Call{.function = "reports.build", .args = {2026, "pdf"}, .kwargs = {{"draft", true}}}
///
/// The function is a dotted name as in Python RQ; nothing checks here that anybody has it.
struct Call {
  std::string function{};
  std::vector<Value> args{};
  std::vector<std::pair<std::string, Value>> kwargs{};
  /// Arguments that are the results of other jobs, which the job waits for: the place of each, the
  /// number of a positional one or a keyword, and the id of the job. What stands there in `args` or
  /// `kwargs` does not count.
  std::vector<std::pair<std::string, std::string>> results{};

  bool operator==(const Call&) const = default;
};

}  // namespace rqpp
