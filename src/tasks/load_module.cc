#include "tasks/load_module.h"

#include <dlfcn.h>

#include <exception>

#include <fmt/format.h>

#include <rqpp/error.h>

#include "tasks/foreign_abi.h"
#include "tasks/foreign_module.h"
#include "tasks/probe.h"

namespace rqpp::tasks {
namespace {

std::string file_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::string last_part(std::string_view name) {
  return std::string(name.substr(name.rfind('.') + 1));
}

std::string text_or(const char* text, std::string_view otherwise) {
  return text != nullptr ? text : std::string(otherwise);
}

void* open_library(const std::string& file) {
  if (void* library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL)) return library;
  const std::string why = text_or(dlerror(), "no reason given");
  if (const auto foreign = foreign_abi(why, file_name(file))) throw ForeignModule(*foreign);
  throw TaskError(fmt::format("cannot load {}: {}", file, why));
}

// What a library says of itself as the module `name`, checked.
const Module& module_in(void* library, const std::string& file, std::string_view name) {
  const std::string last = last_part(name);
  using Describe = const Module* (*)();
  // POSIX says that this conversion works; the language has no cast for it but this one.
  auto* describe = reinterpret_cast<Describe>(dlsym(library, ("rqpp_module_" + last).c_str()));
  if (describe == nullptr) {
    throw TaskError(fmt::format("{} is no rqpp module: it has no RQPP_MODULE({})", file, last));
  }
  const Module* module = describe();
  if (module == nullptr || module->magic != Module{}.magic) {
    throw TaskError(
        fmt::format("{} is no rqpp module: its rqpp_module_{}() is something else", file, last));
  }
  check_abi(*module, file);
  return *module;
}

}  // namespace

const Module& open_module(const std::string& file, std::string_view name) {
  return module_in(open_library(file), file, name);
}

bool probe_module(const std::string& file, const std::string& name) {
  return probe_library(file, [&](void* library) {
    return fill_table(module_in(library, file, name), name, file).is_loaded_in_each_horse();
  });
}

void check_abi(const Module& module, const std::string& file) {
  const std::string built = file_name(file);
  if (module.abi != kModuleAbi) {
    // Nothing behind `abi` may be read: it could be laid out in another way.
    throw ForeignModule(fmt::format(
        "{} was built for rqpp ABI {}, this worker speaks ABI {}: rebuild it with this rqpp", built,
        module.abi, kModuleAbi));
  }
  const std::string theirs = text_or(module.standard_library, "an unknown standard library");
  if (theirs != detail::kStandardLibrary) {
    throw ForeignModule(fmt::format(
        "{} was built with {}, this worker with {}: rebuild it with the same standard library",
        built, theirs, detail::kStandardLibrary));
  }
  if (module.fill == nullptr) {
    throw TaskError(fmt::format("{} has no function that adds its tasks: use RQPP_MODULE", built));
  }
}

TaskTable fill_table(const Module& module, const std::string& name, const std::string& file) {
  TaskTable table(name);
  const auto refuse = [&](std::string_view why) {
    throw TaskError(
        fmt::format("{}: RQPP_MODULE({}) failed: {}", file, text_or(module.name, name), why));
  };
  try {
    module.fill(table);
  } catch (const std::exception& error) {
    refuse(error.what());
  } catch (...) {
    refuse("an unknown exception");
  }
  return table;
}

}  // namespace rqpp::tasks
