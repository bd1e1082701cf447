#include "base/log.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <mutex>
#include <utility>

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

std::shared_ptr<spdlog::logger> make_logger(spdlog::sink_ptr sink, LogLevel level) {
  // Not registered with spdlog: a log lives as long as its copies.
  auto logger = std::make_shared<spdlog::logger>("rqpp", std::move(sink));
  logger->set_level(to_spdlog(level));
  logger->flush_on(spdlog::level::debug);  // a horse ends in _exit, which writes no buffers
  return logger;
}

void write(const std::shared_ptr<spdlog::logger>& logger, spdlog::level::level_enum level,
           std::string_view message) noexcept {
  if (logger == nullptr) return;
  // As a view, not as a format: a message with braces is only text. spdlog catches what sinks
  // throw.
  logger->log(level, spdlog::string_view_t(message.data(), message.size()));
}

}  // namespace

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
  auto logger = make_logger(std::make_shared<spdlog::sinks::stderr_color_sink_mt>(), format.level);
  logger->set_pattern(format.pattern);
  return Log(std::move(logger));
}

Log Log::to_file(const std::string& path, const LogFormat& format) {
  try {
    auto logger =
        make_logger(std::make_shared<spdlog::sinks::basic_file_sink_mt>(path), format.level);
    logger->set_pattern(format.pattern);
    return Log(std::move(logger));
  } catch (const spdlog::spdlog_ex& error) {
    throw Error("cannot open the log file '" + path + "': " + error.what());
  }
}

Log Log::to(Taker taker, LogLevel level) {
  return Log(make_logger(std::make_shared<TakerSink>(std::move(taker)), level));
}

bool Log::writes(LogLevel level) const noexcept {
  return logger_ != nullptr && logger_->should_log(to_spdlog(level));
}

void Log::debug(std::string_view message) const noexcept {
  write(logger_, spdlog::level::debug, message);
}

void Log::info(std::string_view message) const noexcept {
  write(logger_, spdlog::level::info, message);
}

void Log::warning(std::string_view message) const noexcept {
  write(logger_, spdlog::level::warn, message);
}

void Log::error(std::string_view message) const noexcept {
  write(logger_, spdlog::level::err, message);
}

}  // namespace rqpp::base
