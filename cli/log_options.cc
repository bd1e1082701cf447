#include "log_options.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>

#include "log_pattern.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

Verbosity verbosity_of(std::string level) {
  std::transform(level.begin(), level.end(), level.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  if (level == "DEBUG") return Verbosity::verbose;
  if (level == "INFO") return Verbosity::normal;
  if (level == "WARNING" || level == "ERROR" || level == "CRITICAL") return Verbosity::quiet;
  throw InvalidArgument(fmt::format(
      "--logging-level: '{}' is not one of DEBUG, INFO, WARNING, ERROR and CRITICAL", level));
}

}  // namespace

void add_log_options(CLI::App& command, LogOptions& options) {
  command
      .add_option_function<std::string>(
          "-l,--logging-level,--logging_level",
          [&options](const std::string& level) { options.verbosity = verbosity_of(level); },
          "DEBUG, INFO, WARNING, ERROR or CRITICAL")
      ->type_name("LEVEL");
  auto* verbose = command.add_flag_function(
      "-v,--verbose", [&options](std::int64_t) { options.verbosity = Verbosity::verbose; },
      "Log more");
  command
      .add_flag_function(
          "-q,--quiet", [&options](std::int64_t) { options.verbosity = Verbosity::quiet; },
          "Log warnings and errors only")
      ->excludes(verbose);
  command
      .add_option("--log-format", options.format,
                  "How lines look: '%(asctime)s %(message)s' as in Python, or an spdlog pattern")
      ->type_name("FORMAT");
  command.add_option("--date-format", options.date_format, "What %(asctime)s is: %H:%M:%S")
      ->type_name("FORMAT");
}

std::string pattern_of(const LogOptions& options) {
  if (options.format.empty() && options.date_format.empty()) return "%H:%M:%S %v";
  return log_pattern(options.format, options.date_format);
}

}  // namespace rqpp::cli
