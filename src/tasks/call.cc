#include <algorithm>

#include <fmt/format.h>

#include <rqpp/error.h>
#include <rqpp/task.h>

#include "codec/repr.h"

namespace rqpp::detail {

void refuse_task_name(std::string_view name) {
  throw InvalidArgument(
      fmt::format("{} is no task name: it must look like 'module.function' and have at most {} "
                  "characters",
                  codec::quoted(name), kLongestTaskName));
}

Call make_call(std::string_view function, Value::Items args) {
  if (function.empty()) {
    throw InvalidArgument("cannot call a function without a name: give 'module.function'");
  }
  return {.function = std::string(function), .args = std::move(args)};
}

void add_keyword(Call& call, std::string_view name, Value value) {
  const auto taken = [name](const auto& keyword) { return keyword.first == name; };
  if (std::ranges::any_of(call.kwargs, taken)) {
    throw InvalidArgument(fmt::format("the call of {} has two keyword arguments {}",
                                      codec::quoted(call.function), codec::quoted(name)));
  }
  call.kwargs.emplace_back(name, std::move(value));
}

}  // namespace rqpp::detail
