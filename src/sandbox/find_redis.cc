#include "sandbox/find_redis.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/printable.h"
#include "redis/transport.h"
#include "redis/url_options.h"
#include "sandbox/job_redis.h"
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

namespace {

/// One REDIS_URL may serve Python as well.
void name_ignored_options(std::optional<std::string_view> url,
                          const redis::Environment& environment, const Notice& notice) {
  // Only where it is matters here, and standard input can be read once.
  const auto without_files = [&environment](const char* name) -> std::optional<std::string> {
    const std::string_view it(name);
    if (it == "RQPP_PASSWORD_FILE" || it == "CREDENTIALS_DIRECTORY") return std::nullopt;
    return environment(name);
  };
  const std::string source = redis::from_environment(url, without_files).source;
  const std::string text = url ? std::string(*url) : environment(source.c_str()).value_or("");
  if (!source.ends_with("url") && !source.ends_with("URL")) return;
  const std::vector<std::string> ignored = redis::ignored_options(text);
  if (ignored.empty()) return;
  notice(fmt::format("{} has options that only Python needs, they are ignored: {}.", source,
                     fmt::join(ignored, ", ")));
}

redis::Settings find(std::optional<std::string_view> url, const redis::Environment& environment,
                     const Notice& notice, const Probe& probe, std::string_view no_private) {
  if (!url || url->empty()) refuse_what_is_withheld(environment);
  if (is_in_job(environment)) no_private = "a job starts no private one";
  PrivateServer own(default_places(environment));
  if (asks_for_private(url, environment)) {
    if (!is_in_job(environment)) own.start();
    return own.settings();
  }

  const redis::FoundSettings found = redis::from_environment(url, environment);
  if (found.configured() || probe(found.settings)) return found.settings;

  const std::string expected = redis::to_display(found.settings);
  if (!no_private.empty()) {
    throw ConnectionError(
        fmt::format("nothing listens at {}, and {}. Set RQ_REDIS_URL, or use "
                    "--url.",
                    expected, no_private));
  }
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

}  // namespace

redis::Settings find_redis(std::optional<std::string_view> url,
                           const redis::Environment& environment, const Notice& notice,
                           const Probe& probe, std::string_view no_private) {
  if (!asks_for_private(url, environment)) name_ignored_options(url, environment, notice);
  return find(url, environment, notice, probe, no_private);
}

// Programs that use the library hear nothing of ignored options, for each of their queues.
redis::Settings find_redis(const std::string& url, const Notice& notice,
                           std::string_view no_private) {
  return find(url.empty() ? std::nullopt : std::optional<std::string_view>(url),
              redis::process_environment(), notice, listens, no_private);
}

std::string_view why_no_private_server(const redis::Environment& environment) {
  const auto has = [&environment](const char* name) {
    return !environment(name).value_or("").empty();
  };
  // Shells of a desktop have INVOCATION_ID as well.
  if (has("NOTIFY_SOCKET") || (has("INVOCATION_ID") && ::isatty(STDERR_FILENO) == 0)) {
    return "a service of systemd starts no private one";
  }
  const bool in_container = has("container") || has("KUBERNETES_SERVICE_HOST") ||
                            ::access("/.dockerenv", F_OK) == 0 ||
                            ::access("/run/.containerenv", F_OK) == 0;
  return in_container ? "a worker in a container starts no private one" : "";
}

std::function<redis::Settings()> finder(std::string url) {
  if (url.empty()) url = DefaultUrl::current();
  // A bad URL is reported here already, a Redis that is down when it is asked.
  if (!url.empty() && url != kPrivateUrl) redis::parse_url(url);
  return [url = std::move(url)] {
    const auto say = [](std::string_view line) {
      std::fprintf(stderr, "rqpp: %s\n", base::printable(line).c_str());
    };
    return find_redis(url, say);
  };
}

}  // namespace rqpp::sandbox
