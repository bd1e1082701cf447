#include "tasks/task_entry.h"

#include <utility>

#include <fmt/format.h>

#include <rqpp/error.h>

#include "codec/repr.h"
#include "tasks/bind.h"
#include "tasks/unfit_call.h"

namespace rqpp {

void detail::Arguments::refuse(std::size_t index, std::string_view why) const {
  throw tasks::UnfitCall(
      fmt::format("{}: {}: {}", task_, tasks::argument_name(*parameters_, index), why));
}

void detail::Arguments::refuse_result(std::string_view why) const {
  throw TaskError(fmt::format("{}: cannot send its result: {}", task_, why));
}

namespace tasks {

TaskEntry::TaskEntry(std::string module, detail::TaskSpec spec)
    : name_(std::move(module) + "." + spec.name), spec_(std::move(spec)) {}

std::string TaskEntry::signature() const {
  std::string text = name_ + "(";
  for (const detail::ParameterSpec& parameter : spec_.parameters) {
    if (&parameter != spec_.parameters.data()) text += ", ";
    if (!parameter.name.empty()) text += parameter.name + ": ";
    text += parameter.type;
    if (parameter.fallback) text += " = " + codec::short_repr(*parameter.fallback);
  }
  return text + ") -> " + spec_.result_type;
}

Value TaskEntry::invoke(const Call& call) const {
  const detail::Arguments arguments(name_, spec_.parameters,
                                    tasks::bind(name_, spec_.parameters, call));
  return spec_.body->run(arguments);
}

}  // namespace tasks
}  // namespace rqpp
