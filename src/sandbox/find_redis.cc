#include "sandbox/find_redis.h"

#include <fmt/format.h>
#include <poll.h>

#include <chrono>
#include <string>

#include "redis/transport.h"
#include "sandbox/private_server.h"

#include <rqpp/error.h>

namespace rqpp::sandbox {
namespace {

using Clock = std::chrono::steady_clock;

bool asks_for_private(std::optional<std::string_view> url, const redis::Environment& environment) {
  if (url && !url->empty()) return *url == kPrivateUrl;
  for (const char* name : {"RQ_REDIS_URL", "REDIS_URL"}) {
    const std::optional<std::string> value = environment(name);
    if (value && !value->empty()) return *value == kPrivateUrl;
  }
  return false;
}

/// False when the time is over.
bool wait_for(const redis::Transport& transport, redis::IoState state, Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
  if (left <= 0) return false;
  const short events = state == redis::IoState::wants_read ? POLLIN : POLLOUT;
  pollfd entry{.fd = transport.fd(), .events = events, .revents = 0};
  return ::poll(&entry, 1, static_cast<int>(left)) != 0;  // A signal is a reason to try again.
}

}  // namespace

bool listens(const redis::Settings& settings) {
  const auto deadline = Clock::now() + settings.connect_timeout;
  try {
    const auto transport = redis::make_transport(settings);
    for (;;) {
      const redis::IoState state = transport->connect();
      if (state == redis::IoState::done) return true;
      if (!wait_for(*transport, state, deadline)) return false;
    }
  } catch (const redis::TransportFailure&) {
    return false;
  }
}

redis::Settings find_redis(std::optional<std::string_view> url,
                           const redis::Environment& environment, const Notice& notice,
                           const Probe& probe) {
  PrivateServer own(default_places(environment));
  if (asks_for_private(url, environment)) {
    own.start();
    return own.settings();
  }

  const redis::FoundSettings found = redis::from_environment(url, environment);
  if (found.configured() || probe(found.settings)) return found.settings;

  const std::string expected = redis::to_display(found.settings);
  try {
    own.start();
  } catch (const Error& error) {
    throw ConnectionError(
        fmt::format("nothing listens at {}, and a private Redis cannot be started instead: {}",
                    expected, error.what()));
  }
  notice(fmt::format("No Redis at {}: using a private one, {}. Set RQ_REDIS_URL to use another.",
                     expected, redis::to_display(own.settings())));
  return own.settings();
}

redis::Settings find_redis(const std::string& url, const Notice& notice) {
  return find_redis(url.empty() ? std::nullopt : std::optional<std::string_view>(url),
                    redis::process_environment(), notice);
}

std::function<redis::Settings()> finder(std::string url) {
  // A bad URL is reported here already, a Redis that is down when it is asked.
  if (!url.empty() && url != kPrivateUrl) redis::parse_url(url);
  return [url = std::move(url)] {
    const auto say = [](std::string_view line) {
      std::fprintf(stderr, "rqpp: %.*s\n", static_cast<int>(line.size()), line.data());
    };
    return find_redis(url, say);
  };
}

}  // namespace rqpp::sandbox
