#include "redis/failure.h"

#include <fmt/format.h>

namespace rqpp::redis {

constexpr const char* kNotTlsAdvice = "Start Redis there, or use redis:// if it speaks no TLS.";
constexpr const char* kStartAdvice = "Start Redis or set RQ_REDIS_URL.";

ConnectionError cannot_reach(const Settings& settings, const TransportFailure& failure) {
  return ConnectionError(
      fmt::format("cannot reach {}: {}. {}", to_display(settings), failure.what(),
                  failure.advice().empty() ? kStartAdvice : failure.advice().c_str()));
}

ConnectionError connection_lost(const Settings& settings, std::string_view reason) {
  return ConnectionError(
      fmt::format("lost the connection to {}: {}.", to_display(settings), reason));
}

ConnectionError no_redis(const Settings& settings, std::string_view reason) {
  return ConnectionError(
      fmt::format("what answers at {} is no Redis: {} Correct the host and the port.",
                  to_display(settings), reason));
}

TimeoutError connect_timeout(const Settings& settings) {
  // Without TLS Redis takes our first bytes for the begin of a command and waits for the rest.
  const bool tls = settings.tls.enabled && settings.unix_path.empty();
  return TimeoutError(fmt::format("cannot reach {}: no answer within {}. {}", to_display(settings),
                                  duration_text(settings.connect_timeout),
                                  tls ? kNotTlsAdvice : kStartAdvice));
}

TimeoutError reply_timeout(const Settings& settings, std::chrono::milliseconds timeout) {
  return TimeoutError(
      fmt::format("{} did not answer within {}.", to_display(settings), duration_text(timeout)));
}

std::string_view error_code(std::string_view error) {
  constexpr std::string_view kWrapped = ": -";
  const std::size_t at = error.find(kWrapped);
  if (error.starts_with("ERR Error running script") && at != std::string_view::npos) {
    error.remove_prefix(at + kWrapped.size());
  }
  return error.substr(0, error.find(' '));
}

bool is_demotion(std::string_view error) { return error_code(error) == "READONLY"; }

std::string duration_text(std::chrono::milliseconds duration) {
  if (duration < std::chrono::seconds{1}) return fmt::format("{} ms", duration.count());
  return fmt::format("{} s", static_cast<double>(duration.count()) / 1000);
}

}  // namespace rqpp::redis
