#include "context.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "call_words.h"
#include "sandbox/find_redis.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

std::optional<std::string_view> given(const std::string& url) {
  if (url.empty()) return std::nullopt;
  return url;
}

}  // namespace

std::string Context::config_file() const {
  return config.empty() ? environment_("RQ_CONFIG").value_or("") : config;
}

const Config& Context::configured() {
  if (!configured_) {
    const std::string file = config_file();
    configured_ = file.empty() ? Config{} : read_config(file, read_file);
    if (!configured_->unknown.empty()) {
      complain(fmt::format("{}: ignored, as no settings of RQ or rqpp: {}", file,
                           fmt::join(configured_->unknown, ", ")));
    }
  }
  return *configured_;
}

// As in RQ, --url wins, and RQ_REDIS_URL is the same; then the file, and if there is one, nothing
// else; then the environment.
redis::Settings Context::find_settings() {
  const auto notice = [this](std::string_view line) { complain(line); };
  const redis::Environment environment = lookup_with_options();
  const bool has_url = !url.empty() || !environment("RQ_REDIS_URL").value_or("").empty();
  const std::string file = config_file();
  if (has_url || file.empty()) {
    return sandbox::find_redis(given(url), environment, notice, sandbox::listens,
                               is_service ? sandbox::why_no_private_server(environment) : "");
  }

  const Config& read = configured();
  const auto lookup = [&](const char* name) -> std::optional<std::string> {
    if (!std::string_view(name).starts_with("REDIS_")) return environment(name);
    const auto found = read.redis.find(name);
    if (found == read.redis.end()) return std::nullopt;
    return found->second;
  };
  try {
    return sandbox::find_redis(std::nullopt, lookup, notice, sandbox::listens,
                               "with --config no private one is started");
  } catch (const InvalidArgument& error) {
    throw InvalidArgument(fmt::format("{}: {}", file, error.what()));
  }
}

redis::Environment Context::lookup_with_options() const {
  if (password_file.empty()) return environment_;
  return [this](const char* name) -> std::optional<std::string> {
    if (std::string_view(name) == "RQPP_PASSWORD_FILE") return password_file;
    return environment_(name);
  };
}

const redis::Settings& Context::settings() {
  if (!settings_) settings_ = find_settings();
  return *settings_;
}

Queue Context::queue(const std::string& name, Serializer serializer) {
  return Queue(name, {.url = redis::to_url(settings()), .serializer = serializer});
}

}  // namespace rqpp::cli
