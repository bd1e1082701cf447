#include <algorithm>

#include <fmt/format.h>

#include <rqpp/module.h>

#include "codec/repr.h"

namespace rqpp {
namespace {

using Middlewares = std::vector<PerformMiddleware>;

/// A task inside the middleware of its module.
class Wrapped final : public detail::TaskBody {
 public:
  Wrapped(std::unique_ptr<detail::TaskBody> task, std::shared_ptr<const Middlewares> around)
      : task_(std::move(task)), around_(std::move(around)) {}

  Value run(const detail::Arguments& arguments) override {
    Value result;
    run_from(0, arguments, result);
    return result;
  }

 private:
  void run_from(std::size_t layer, const detail::Arguments& arguments, Value& result) {
    if (layer == around_->size()) {
      result = task_->run(arguments);
    } else {
      (*around_)[layer](arguments.task(), [&] { run_from(layer + 1, arguments, result); });
    }
  }

  std::unique_ptr<detail::TaskBody> task_;
  std::shared_ptr<const Middlewares> around_;  // shared by the tasks of a module
};

}  // namespace

TaskTable::TaskTable(std::string module) : module_(std::move(module)) {
  if (detail::is_dotted_name(module_)) return;
  throw InvalidArgument(
      fmt::format("{} is no name of a module: it must look like 'fib' or "
                  "'package.fib'",
                  codec::quoted(module_)));
}

void TaskTable::add_parameter(detail::TaskSpec& spec, detail::ParameterSpec parameter,
                              std::span<const Parameter> given, void (*check)(const Value&)) const {
  const std::size_t index = spec.parameters.size();
  if (index < given.size()) {
    parameter.name = given[index].name;
    if (given[index].fallback) parameter.fallback = given[index].fallback;
  }
  const auto same_name = [&](const auto& other) { return other.name == parameter.name; };
  if (!parameter.name.empty() && std::ranges::any_of(spec.parameters, same_name)) {
    throw InvalidArgument(fmt::format("task '{}.{}': two parameters are named '{}'", module_,
                                      spec.name, parameter.name));
  }
  try {
    if (parameter.fallback) check(*parameter.fallback);
  } catch (const DecodeError& error) {
    throw InvalidArgument(fmt::format("task '{}.{}': default of parameter '{}': {}", module_,
                                      spec.name, parameter.name, error.what()));
  }
  spec.parameters.push_back(std::move(parameter));
}

void TaskTable::add_spec(detail::TaskSpec spec) {
  const std::string full_name = module_ + "." + spec.name;
  if (!detail::is_dotted_name(spec.name)) detail::refuse_task_name(full_name);
  if (!detail::is_task_name(full_name)) detail::refuse_task_name(full_name);
  const auto same_name = [&](const auto& other) { return other.name == spec.name; };
  if (std::ranges::any_of(tasks_, same_name)) {
    throw InvalidArgument(fmt::format("task '{}' is added twice", full_name));
  }
  tasks_.push_back(std::move(spec));
}

std::vector<detail::TaskSpec> TaskTable::release() && {
  if (!middleware_.empty()) {
    const auto around = std::make_shared<const Middlewares>(std::move(middleware_));
    for (detail::TaskSpec& spec : tasks_) {
      spec.body = std::make_unique<Wrapped>(std::move(spec.body), around);
    }
  }
  return std::move(tasks_);
}

std::string_view TaskTable::local_name(std::string_view task) const {
  if (task.size() > module_.size() + 1 && task.starts_with(module_) &&
      task[module_.size()] == '.') {
    return task.substr(module_.size() + 1);
  }
  throw InvalidArgument(
      fmt::format("task '{}' does not belong to module '{}': its name must begin with '{}.'", task,
                  module_, module_));
}

}  // namespace rqpp
