#pragma once

#include <span>
#include <string>
#include <string_view>

#include <rqpp/call.h>
#include <rqpp/detail/task_spec.h>

namespace rqpp::tasks {

/// One value for each parameter: from the call's positional arguments, its keyword arguments and
/// the defaults, by Python's rules. Throws TaskError, which begins with the task's name.
Value::Items bind(std::string_view task, std::span<const detail::ParameterSpec> parameters,
                  const Call& call);

/// `argument 2 'quality'`; the index counts from 0.
std::string argument_name(std::span<const detail::ParameterSpec> parameters, std::size_t index);

}  // namespace rqpp::tasks
