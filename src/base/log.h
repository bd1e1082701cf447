#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <rqpp/verbosity.h>

namespace spdlog {
class logger;
}

namespace rqpp::base {

enum class LogLevel : std::uint8_t { debug, info, warning, error, off };

/// How lines look. The pattern is spdlog's: `%v` is the message, the rest as in strftime.
struct LogFormat {
  LogLevel level = LogLevel::info;      ///< The least severe level that is written.
  std::string pattern = "%H:%M:%S %v";  ///< As RQ's workers write.
};

LogLevel level_of(Verbosity verbosity);

/// Where a part of the program writes what happens. A value: copies write to the same place, and
/// there is no global one. Its functions never throw and may be called by several threads.
class Log {
 public:
  using Taker = std::function<void(LogLevel, std::string_view message)>;

  /// Writes nothing.
  Log() = default;
  /// Lines on standard error.
  static Log to_stderr(const LogFormat& format = {});
  /// The same, as users choose it.
  static Log to_stderr(Verbosity verbosity, const std::string& pattern) {
    return to_stderr({.level = level_of(verbosity), .pattern = pattern});
  }
  /// Lines at the end of a file. Throws Error when it cannot be opened.
  static Log to_file(const std::string& path, const LogFormat& format = {});
  /// Hands every message to `taker`, without time and pattern: for tests.
  static Log to(Taker taker, LogLevel level = LogLevel::debug);

  /// Whether messages of this level come out at all: what is not written need not be made.
  bool writes(LogLevel level) const noexcept;

  void debug(std::string_view message) const noexcept;
  void info(std::string_view message) const noexcept;
  void warning(std::string_view message) const noexcept;
  void error(std::string_view message) const noexcept;

 private:
  explicit Log(std::shared_ptr<spdlog::logger> logger) : logger_(std::move(logger)) {}

  std::shared_ptr<spdlog::logger> logger_{};  // shared: copies are one log
};

}  // namespace rqpp::base
