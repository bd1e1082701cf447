#include "filter_options.h"

#include <chrono>

#include "options.h"

namespace rqpp::cli {

void add_filter(CLI::App& command, JobFilter& filter) {
  command.add_option("--error", filter.error, "Only jobs whose error contains this text")
      ->type_name("TEXT");
  command.add_option("--task", filter.task, "Only jobs of this task, module.function")
      ->type_name("NAME");
  add_duration(
      command, "--older-than", [&filter](std::chrono::seconds value) { filter.older_than = value; },
      "Only jobs that ended (or were enqueued) at least this long ago");
}

}  // namespace rqpp::cli
