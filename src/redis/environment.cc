#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <system_error>

#include "redis/secrets.h"
#include "redis/settings.h"
#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

[[noreturn]] void fail(const char* name, const std::string& value, const std::string& why) {
  throw InvalidArgument(fmt::format("{} is '{}', which is {}.", name, value, why));
}

// RQ's words (`rq.cli.helpers.get_redis_from_config`) and 1, 0.
bool read_bool(const char* name, std::string value) {
  const std::string given = value;
  std::transform(value.begin(), value.end(), value.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const char* word : {"y", "yes", "t", "true", "1"}) {
    if (value == word) return true;
  }
  for (const char* word : {"n", "no", "f", "false", "0"}) {
    if (value == word) return false;
  }
  fail(name, given, "neither true nor false");
}

int read_number(const char* name, const std::string& value, int least, int most) {
  int number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size() || number < least ||
      number > most) {
    fail(name, value, fmt::format("not a number between {} and {}", least, most));
  }
  return number;
}

/// Reads the REDIS_* variables that stand for parts of a URL; remembers the first that was set.
class Parts {
 public:
  explicit Parts(const Environment& lookup) : lookup_(lookup) {}

  FoundSettings read() {
    Settings& settings = found_.settings;
    text("REDIS_HOST", settings.host);
    if (const auto port = variable("REDIS_PORT")) {
      settings.port = read_number("REDIS_PORT", *port, 1, 65'535);
    }
    if (const auto db = variable("REDIS_DB")) {
      settings.db = read_number("REDIS_DB", *db, 0, INT32_MAX);
    }
    text("REDIS_USERNAME", settings.username);
    text("REDIS_PASSWORD", settings.password);
    read_tls(settings.tls);
    return found_;
  }

 private:
  void read_tls(Tls& tls) {
    if (const auto ssl = variable("REDIS_SSL")) tls.enabled = read_bool("REDIS_SSL", *ssl);
    text("REDIS_SSL_CA_CERTS", tls.ca_file);
    text("REDIS_SSL_CA_DATA", tls.ca_data);
    text("REDIS_SSL_CERTFILE", tls.certificate_file);
    text("REDIS_SSL_KEYFILE", tls.key_file);
    if (const auto reqs = variable("REDIS_SSL_CERT_REQS")) {
      if (*reqs != "none" && *reqs != "optional" && *reqs != "required") {
        fail("REDIS_SSL_CERT_REQS", *reqs, "neither none nor required");
      }
      tls.verify = *reqs != "none";
    }
  }

  std::optional<std::string> variable(const char* name) {
    auto value = lookup_(name);
    if (!value || value->empty()) return std::nullopt;
    if (found_.source.empty()) found_.source = name;
    return value;
  }

  void text(const char* name, std::string& field) {
    if (auto value = variable(name)) field = std::move(*value);
  }

  const Environment& lookup_;
  FoundSettings found_{};
};

FoundSettings without_password_file(std::optional<std::string_view> url,
                                    const Environment& lookup) {
  if (url) return {parse_url(*url), "--url"};
  for (const char* name : {"RQ_REDIS_URL", "REDIS_URL"}) {
    const auto value = lookup(name);
    if (!value || value->empty()) continue;
    try {
      return {parse_url(*value), name};
    } catch (const InvalidArgument& error) {
      throw InvalidArgument(fmt::format("{} is wrong: {}", name, error.what()));
    }
  }
  return Parts(lookup).read();
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return value;
  };
}

FoundSettings from_environment(std::optional<std::string_view> url, const Environment& lookup) {
  FoundSettings found = without_password_file(url, lookup);
  if (!found.settings.password.empty()) return found;
  const std::string file = password_file(lookup);
  if (!file.empty()) found.settings.password = read_password(file);
  return found;
}

}  // namespace rqpp::redis
