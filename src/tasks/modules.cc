#include "tasks/modules.h"

#include <algorithm>

#include <fmt/format.h>

#include <rqpp/detail/task_name.h>
#include <rqpp/error.h>

#include "base/did_you_mean.h"
#include "codec/repr.h"
#include "tasks/unfit_call.h"

namespace rqpp::tasks {
namespace {

constexpr std::size_t kMostListed = 10;

std::string_view without_last_part(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

/// `'a', 'b' and 7 more`
std::string in_quotes(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kMostListed); ++i) {
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", names[i]);
  }
  if (names.size() > kMostListed) text += fmt::format(" and {} more", names.size() - kMostListed);
  return text;
}

void try_out(const std::string& file, const std::string& name) {
  try {
    (void)probe_module(file, name);
  } catch (const TaskError&) {
    throw;
  } catch (const Error&) {  // NOLINT(bugprone-empty-catch): there is no process or descriptor to
                            // be had for it; then this process takes the risk
  }
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
  return text;
}

}  // namespace

Modules::Modules(ModulePath path, std::span<const Module* const> own, Loading loading)
    : path_(std::move(path)), loading_(loading) {
  for (const Module* module : own) {
    const std::string name = module->name;
    check_abi(*module, name);
    if (modules_.contains(name)) {
      throw TaskError(fmt::format("this program has two modules named '{}'", name));
    }
    add(name, *module, {});
  }
}

const TaskEntry& Modules::find(std::string_view task) {
  if (!detail::is_task_name(task)) {
    throw UnfitCall(
        fmt::format("{} is no task name: it must look like 'module.function' and have "
                    "at most {} characters",
                    codec::quoted(task), detail::kLongestTaskName));
  }
  for (auto name = without_last_part(task); !name.empty(); name = without_last_part(name)) {
    const Loaded* module = load(name);
    if (module == nullptr) continue;
    const auto found = module->tasks.find(task);
    if (found == module->tasks.end()) refuse_task(task, name, *module);
    return found->second;
  }
  refuse_module(task);
}

void Modules::check_module_name(std::string_view module) const {
  if (detail::is_dotted_name(module)) return;
  throw TaskError(
      fmt::format("{} is no name of a module: it must look like 'fib' or "
                  "'package.fib', without '.so'",
                  codec::quoted(module)));
}

void Modules::refuse_unknown(std::string_view module) const {
  throw TaskError(
      fmt::format("no module '{}': {}.{}", module, searched(module),
                  base::did_you_mean(module, known_modules(without_last_part(module)))));
}

void Modules::preload(std::string_view module) {
  check_module_name(module);
  if (load(module) == nullptr) refuse_unknown(module);
}

void Modules::preload_for_forks(std::string_view module) {
  check_module_name(module);
  if (modules_.contains(module) || probed_.contains(module)) return;
  const std::optional<std::string> file = path_.find(module);
  if (!file) refuse_unknown(module);
  const std::string name(module);
  const bool in_each = probe_module(*file, name);
  probed_.insert(name);
  if (!in_each) load(module);
}

std::vector<LoadedModule> Modules::loaded() const {
  std::vector<LoadedModule> list;
  for (const auto& [name, module] : modules_) {
    LoadedModule& row = list.emplace_back(LoadedModule{.name = name, .file = module.file});
    for (const auto& [task, entry] : module.tasks) row.signatures.push_back(entry.signature());
  }
  return list;
}

const Modules::Loaded& Modules::add(const std::string& name, const Module& module,
                                    const std::string& file) {
  Loaded loaded{.file = file};
  TaskTable table = fill_table(module, name, file.empty() ? name : file);
  for (detail::TaskSpec& spec : std::move(table).release()) {
    TaskEntry entry(name, std::move(spec));
    const std::string task = entry.name();
    loaded.tasks.emplace(task, std::move(entry));
  }
  return modules_.emplace(name, std::move(loaded)).first->second;
}

const Modules::Loaded* Modules::load(std::string_view module) {
  if (const auto found = modules_.find(module); found != modules_.end()) return &found->second;
  const std::optional<std::string> file = path_.find(module);
  if (!file) return nullptr;
  const std::string name(module);
  if (loading_ == Loading::probed && !probed_.contains(module)) try_out(*file, name);
  return &add(name, open_module(*file, module), *file);
}

void Modules::refuse_task(std::string_view task, std::string_view name,
                          const Loaded& loaded) const {
  std::vector<std::string> tasks;
  for (const auto& [known, entry] : loaded.tasks) tasks.push_back(known);
  const std::string where = loaded.file.empty() ? fmt::format("this program's module '{}'", name)
                                                : loaded.file.substr(loaded.file.rfind('/') + 1);
  std::string hint = base::did_you_mean(task, tasks);
  if (hint.empty()) {
    hint = tasks.empty() ? " It has no tasks." : fmt::format(" It has {}.", in_quotes(tasks));
  }
  throw UnfitCall(fmt::format("no task '{}' in {}.{}", task, where, hint));
}

void Modules::refuse_module(std::string_view task) const {
  // The function may have dots of its own, so any part in front may have been meant as the module.
  for (auto name = without_last_part(task); !name.empty(); name = without_last_part(name)) {
    const auto meant = base::nearest(name, known_modules(without_last_part(name)));
    if (!meant) continue;
    throw UnfitCall(fmt::format("no module for task '{}': {}. Did you mean '{}{}'?", task,
                                searched(name), *meant, task.substr(name.size())));
  }
  const std::string_view name = without_last_part(task);
  std::vector<std::string> known = known_modules(without_last_part(name));
  const std::vector<std::string> top = known_modules({});
  if (known.empty()) known = top;
  throw UnfitCall(fmt::format("no module for task '{}': {}. {}", task, searched(name),
                              known.empty() ? "There are no modules there."
                                            : fmt::format("There are {}.", in_quotes(known))));
}

std::string Modules::searched(std::string_view module) const {
  std::string file(module);
  std::ranges::replace(file, '.', '/');
  const std::size_t last = file.rfind('/') + 1;  // 0 if there is no package
  const std::string with_lib = file.substr(0, last) + "lib" + file.substr(last);
  const std::string where =
      path_.folders().empty() ? "no folder is on the path" : "looked in " + joined(path_.folders());
  return fmt::format("there is neither {}.so nor {}.so, {}", file, with_lib, where);
}

std::vector<std::string> Modules::known_modules(std::string_view package) const {
  std::vector<std::string> names = path_.list(package);
  for (const auto& [name, module] : modules_) {
    if (without_last_part(name) == package) names.push_back(name);
  }
  std::ranges::sort(names);
  names.erase(std::unique(names.begin(), names.end()), names.end());
  return names;
}

}  // namespace rqpp::tasks
