#pragma once

#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rqpp/module.h>

#include "tasks/load_module.h"
#include "tasks/module_file.h"
#include "tasks/task_entry.h"

namespace rqpp::tasks {

struct LoadedModule {
  std::string name{};                     ///< `fib`, `pkg.m`.
  std::string file{};                     ///< Absolute; empty for a module of the program itself.
  std::vector<std::string> signatures{};  ///< Of its tasks, sorted; see TaskEntry::signature.
};

/// Whether a file is first loaded in a child, where it can do no harm, or at once.
enum class Loading { probed, direct };

/// The tasks that can run here: those of the program's own modules, and those of files on a path,
/// which are loaded when they are first asked for. For one thread.
class Modules {
 public:
  /// `own` are the modules of this program; they hide files of the same name. Throws TaskError if
  /// two of them have one name, or if one cannot be filled.
  explicit Modules(ModulePath path, std::span<const Module* const> own = {},
                   Loading loading = Loading::probed);

  /// The task with this dotted name; the module is the longest part of it that exists: `pkg.m.C.f`
  /// is `C.f` in `pkg.m` if there is no module `pkg.m.C`. The reference stays valid. Throws
  /// TaskError if there is no such module or task, or if the module cannot be loaded.
  const TaskEntry& find(std::string_view task);

  /// Loads a module now. Throws as `find`.
  void preload(std::string_view module);
  /// The same for a process that forks others which run the tasks: leaves a module to them that
  /// starts threads when it is loaded or asks for it. They load it without another probe.
  void preload_for_forks(std::string_view module);

  /// Sorted by name.
  std::vector<LoadedModule> loaded() const;
  const ModulePath& path() const { return path_; }

 private:
  struct Loaded {
    std::string file{};
    std::map<std::string, TaskEntry, std::less<>> tasks{};  ///< By full name.
  };

  const Loaded& add(const std::string& name, const Module& module, const std::string& file);
  void check_module_name(std::string_view module) const;
  [[noreturn]] void refuse_unknown(std::string_view module) const;
  const Loaded* load(std::string_view module);
  [[noreturn]] void refuse_task(std::string_view task, std::string_view name,
                                const Loaded& loaded) const;
  [[noreturn]] void refuse_module(std::string_view task) const;
  std::string searched(std::string_view module) const;
  std::vector<std::string> known_modules(std::string_view package) const;

  ModulePath path_;
  Loading loading_;
  std::set<std::string, std::less<>> probed_{};  // and found sound
  std::map<std::string, Loaded, std::less<>> modules_{};
};

}  // namespace rqpp::tasks
