#include "base/log.h"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <mutex>
#include <utility>

#include "base/printable.h"
#include "rqpp/error.h"

namespace rqpp::base {
namespace {

spdlog::level::level_enum to_spdlog(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      break;
  }
  return spdlog::level::off;
}

LogLevel from_spdlog(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
    case spdlog::level::debug:
      return LogLevel::debug;
    case spdlog::level::info:
      return LogLevel::info;
    case spdlog::level::warn:
      return LogLevel::warning;
    default:
      return LogLevel::error;
  }
}

class TakerSink : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit TakerSink(Log::Taker taker) : taker_(std::move(taker)) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    taker_(from_spdlog(message.level),
           std::string_view(message.payload.data(), message.payload.size()));
  }
  void flush_() override {}

  Log::Taker taker_;
};

// One line whatever it holds, so that it cannot pass for others.
std::string safe_line(std::string_view text) {
  std::string line = without_passwords(printable(text.substr(0, Log::kMostBytes)));
  if (text.size() > Log::kMostBytes) {
    line += fmt::format("... ({} more bytes)", text.size() - Log::kMostBytes);
  }
  return line;
}

std::string safe_text(std::string_view message, std::string_view details) {
  constexpr std::string_view kIndent = "\n  ";
  std::string text = safe_line(message);
  const std::string_view shown = details.substr(0, Log::kMostBytes);
  for (std::size_t begin = 0; begin < shown.size();) {
    const std::size_t end = std::min(shown.find('\n', begin), shown.size());
    text.append(kIndent).append(safe_line(shown.substr(begin, end - begin)));
    begin = end + 1;
  }
  if (shown.size() < details.size()) {
    text += fmt::format("{}... ({} more bytes)", kIndent, details.size() - shown.size());
  }
  return text;
}

}  // namespace

/// What copies of a log share. Messages pass here on their way to wherever they are written.
class Log::Writer {
 public:
  // The logger is not registered with spdlog: a log lives as long as its copies.
  Writer(spdlog::sink_ptr sink, const LogFormat& format)
      : logger_("rqpp", std::move(sink)), level_(format.level) {
    logger_.set_level(to_spdlog(format.level));
    logger_.set_pattern(format.pattern);
    logger_.flush_on(spdlog::level::debug);  // a horse ends in _exit, which writes no buffers
  }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;
  ~Writer() {
    attempt([&] { tell_left_out(LogLimiter::Moment::max()); });
  }

  bool writes(LogLevel level) const noexcept { return level >= level_ && level_ != LogLevel::off; }

  void write(LogLevel level, std::string_view message) noexcept {
    attempt([&] {
      const std::lock_guard lock(mutex_);
      tell_left_out(std::chrono::steady_clock::now());
      put(level, safe_line(message));
    });
  }

  /// The same, unless there were too many of this cause.
  void write_limited(LogLevel level, const LogSite& site, std::string_view message,
                     std::string_view details = {}) noexcept {
    attempt([&] {
      const std::lock_guard lock(mutex_);
      const auto now = std::chrono::steady_clock::now();
      tell_left_out(now);
      const LogLimiter::Verdict verdict = limiter_.admit(site, message, now);
      if (verdict == LogLimiter::Verdict::leave_out) return;
      put(level, safe_text(message, details));
      if (verdict == LogLimiter::Verdict::write) return;
      put(level, fmt::format("More lines like this one are left out for up to {} s",
                             LogLimiter::kWindow.count()));
    });
  }

 private:
  template <class Function>
  static void attempt(const Function& function) noexcept {
    try {
      function();
    } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): then without this line
    }
  }

  void tell_left_out(LogLimiter::Moment now) {
    for (const LogLimiter::LeftOut& each : limiter_.take_left_out(now)) {
      put(LogLevel::warning, safe_line(fmt::format("{} more lines like this one were left out: {}",
                                                   each.lines, each.sample)));
    }
  }

  void put(LogLevel level, std::string_view line) noexcept {
    // As a view, not as a format: a message with braces is only text. spdlog catches what sinks
    // throw.
    logger_.log(to_spdlog(level), spdlog::string_view_t(line.data(), line.size()));
  }

  spdlog::logger logger_;
  LogLevel level_;
  std::mutex mutex_{};  // guards the limiter
  LogLimiter limiter_{};
};

LogLevel level_of(Verbosity verbosity) {
  switch (verbosity) {
    case Verbosity::quiet:
      return LogLevel::warning;
    case Verbosity::normal:
      return LogLevel::info;
    case Verbosity::verbose:
      break;
  }
  return LogLevel::debug;
}

Log Log::to_stderr(const LogFormat& format) {
  return Log(
      std::make_shared<Writer>(std::make_shared<spdlog::sinks::stderr_color_sink_mt>(), format));
}

Log Log::to_file(const std::string& path, const LogFormat& format) {
  try {
    return Log(std::make_shared<Writer>(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path),
                                        format));
  } catch (const spdlog::spdlog_ex& error) {
    throw Error("cannot open the log file '" + path + "': " + error.what());
  }
}

Log Log::to(Taker taker, LogLevel level) {
  return Log(std::make_shared<Writer>(std::make_shared<TakerSink>(std::move(taker)),
                                      LogFormat{.level = level}));
}

bool Log::writes(LogLevel level) const noexcept {
  return writer_ != nullptr && writer_->writes(level);
}

void Log::debug(std::string_view message) const noexcept {
  if (writes(LogLevel::debug)) writer_->write(LogLevel::debug, message);
}

void Log::info(std::string_view message) const noexcept {
  if (writes(LogLevel::info)) writer_->write(LogLevel::info, message);
}

void Log::warning(std::string_view message, LogSite site) const noexcept {
  if (writes(LogLevel::warning)) writer_->write_limited(LogLevel::warning, site, message);
}

void Log::error(std::string_view message, LogSite site) const noexcept { error(message, {}, site); }

void Log::error(std::string_view message, std::string_view details, LogSite site) const noexcept {
  if (writes(LogLevel::error)) writer_->write_limited(LogLevel::error, site, message, details);
}

}  // namespace rqpp::base
