#include "tasks/bind.h"

#include <algorithm>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include <rqpp/error.h>

#include "base/did_you_mean.h"
#include "codec/repr.h"
#include "tasks/unfit_call.h"

namespace rqpp::tasks {
namespace {

using Parameters = std::span<const detail::ParameterSpec>;
using Slots = std::vector<std::optional<Value>>;

std::string label(Parameters parameters, std::size_t index) {
  if (parameters[index].name.empty()) return std::to_string(index + 1);
  return fmt::format("{} '{}'", index + 1, parameters[index].name);
}

[[noreturn]] void refuse_count(std::string_view task, Parameters parameters, std::size_t given) {
  const auto optional =
      std::ranges::count_if(parameters, [](const auto& p) { return p.fallback.has_value(); });
  const std::size_t most = parameters.size();
  throw UnfitCall(
      fmt::format("{}: takes {}{} argument{}, got {}", task, optional > 0 ? "at most " : "",
                  most == 0 ? "no" : std::to_string(most), most == 1 ? "" : "s", given));
}

[[noreturn]] void refuse_keyword(std::string_view task, Parameters parameters,
                                 std::string_view keyword) {
  std::vector<std::string> names;
  std::string list;
  for (const auto& parameter : parameters) {
    if (parameter.name.empty()) continue;
    names.push_back(parameter.name);
    list += fmt::format("{}'{}'", list.empty() ? "" : ", ", parameter.name);
  }
  if (names.empty()) {
    throw UnfitCall(
        fmt::format("{}: takes no keyword arguments, got {}", task, codec::quoted(keyword)));
  }
  const std::string meant = base::did_you_mean(keyword, names);
  throw UnfitCall(fmt::format("{}: unexpected keyword argument {}{}", task, codec::quoted(keyword),
                              meant.empty() ? "; it takes " + list : "." + meant));
}

void bind_keywords(std::string_view task, Parameters parameters, const Call& call, Slots& slots) {
  for (const auto& [keyword, value] : call.kwargs) {
    const auto named = [&name = keyword](const auto& p) { return !name.empty() && p.name == name; };
    const auto found = std::ranges::find_if(parameters, named);
    if (found == parameters.end()) refuse_keyword(task, parameters, keyword);
    const auto index = static_cast<std::size_t>(found - parameters.begin());
    if (slots[index]) {
      throw UnfitCall(fmt::format("{}: {} is given twice", task, argument_name(parameters, index)));
    }
    slots[index] = value;
  }
}

void fill_defaults(std::string_view task, Parameters parameters, Slots& slots) {
  std::vector<std::string> missing;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    if (!slots[i]) slots[i] = parameters[i].fallback;
    if (!slots[i]) missing.push_back(label(parameters, i));
  }
  if (missing.empty()) return;
  std::string list;
  for (const std::string& name : missing) list += (list.empty() ? "" : ", ") + name;
  throw UnfitCall(
      fmt::format("{}: missing argument{} {}", task, missing.size() == 1 ? "" : "s", list));
}

}  // namespace

std::string argument_name(Parameters parameters, std::size_t index) {
  return "argument " + label(parameters, index);
}

Value::Items bind(std::string_view task, Parameters parameters, const Call& call) {
  if (call.args.size() > parameters.size()) refuse_count(task, parameters, call.args.size());
  Slots slots(call.args.begin(), call.args.end());
  slots.resize(parameters.size());
  bind_keywords(task, parameters, call, slots);
  fill_defaults(task, parameters, slots);

  Value::Items values;
  values.reserve(slots.size());
  for (std::optional<Value>& slot : slots) values.push_back(*std::move(slot));
  return values;
}

}  // namespace rqpp::tasks
