#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <rqpp/verbosity.h>

#include "base/log_limiter.h"

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
///
/// Whatever a message holds, it is one line: control characters and line breaks are escaped
/// (printable()), passwords in URLs are hidden, and what is beyond kMostBytes is cut off. Details
/// are a text of lines; each is indented, so none can be taken for a message. Of warnings and
/// errors of one call site at most LogLimiter::kMostLines are written within its window.
class Log {
 public:
  using Taker = std::function<void(LogLevel, std::string_view message)>;
  static constexpr std::size_t kMostBytes = 64 << 10;  ///< Of a message, and of its details.

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
  void warning(std::string_view message, LogSite site = LogSite::here()) const noexcept;
  void error(std::string_view message, LogSite site = LogSite::here()) const noexcept;
  void error(std::string_view message, std::string_view details,
             LogSite site = LogSite::here()) const noexcept;

 private:
  class Writer;
  explicit Log(std::shared_ptr<Writer> writer) : writer_(std::move(writer)) {}

  std::shared_ptr<Writer> writer_{};  // shared: copies are one log
};

}  // namespace rqpp::base
