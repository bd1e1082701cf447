#include "python_options.h"

#include <fmt/format.h>

#include <string>
#include <vector>

#include "options.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

constexpr const char* kHidden = "";

[[noreturn]] void refuse(const char* option, const char* why) {
  throw InvalidArgument(fmt::format("{} cannot be used: {}", option, why));
}

void refuse_option(CLI::App& command, const char* names, const char* shown, const char* why) {
  command
      .add_option_function<std::vector<std::string>>(
          names, [shown, why](const std::vector<std::string>&) { refuse(shown, why); })
      ->expected(1)
      ->allow_extra_args(false)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->group(kHidden);
}

}  // namespace

void add_python_options(CLI::App& command) {
  refuse_option(command, "-w,--worker-class", "--worker-class",
                "it names a class of Python. How a worker runs its jobs is said by --horses and "
                "--jobs-per-horse");
  refuse_option(command, "-j,--job-class", "--job-class",
                "it names a class of Python. Jobs are plain data here: leave it out");
  refuse_option(command, "--queue-class", "--queue-class",
                "it names a class of Python. Queues are plain data here: leave it out");
  refuse_option(command, "--connection-class", "--connection-class",
                "it names a class of Python. All about the connection is said by --url or "
                "--config");
  if (command.get_option_no_throw("--path") == nullptr) {
    command.add_option_function<std::vector<std::string>>("-P,--path", [](const auto&) {})
        ->expected(1)
        ->allow_extra_args(false)
        ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
        ->group(kHidden);
  }
  if (command.get_option_no_throw("--serializer") == nullptr) {
    add_serializer(command, [](Serializer) {})->group(kHidden);
  }
}

void add_python_worker_options(CLI::App& command) {
  constexpr const char* kNoHandlers =
      "exception handlers are functions of Python. What failed, and why, stands in the job: see "
      "`rqpp job show`";
  refuse_option(command, "--exception-handler", "--exception-handler", kNoHandlers);
  command
      .add_flag_function(
          "-d,--disable-default-exception-handler",
          [](std::int64_t) { refuse("--disable-default-exception-handler", kNoHandlers); })
      ->group(kHidden);
}

}  // namespace rqpp::cli
