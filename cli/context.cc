#include "context.h"

#include "sandbox/find_redis.h"

namespace rqpp::cli {
namespace {

std::optional<std::string_view> given(const std::string& url) {
  if (url.empty()) return std::nullopt;
  return url;
}

}  // namespace

void Context::check_url() const {
  // Stands in place of a URL, and is none.
  const auto lookup = [this](const char* name) -> std::optional<std::string> {
    auto value = environment_(name);
    if (value && *value == sandbox::kPrivateUrl) return std::nullopt;
    return value;
  };
  if (url != sandbox::kPrivateUrl) redis::from_environment(given(url), lookup);
}

redis::Settings Context::settings() {
  return sandbox::find_redis(given(url), environment_,
                             [this](std::string_view line) { complain(line); });
}

Queue Context::queue(const std::string& name, Serializer serializer) {
  return Queue(name, {.url = redis::to_url(settings()), .serializer = serializer});
}

}  // namespace rqpp::cli
