#include "context.h"

#include "sandbox/find_redis.h"

namespace rqpp::cli {
namespace {

std::optional<std::string_view> given(const std::string& url) {
  if (url.empty()) return std::nullopt;
  return url;
}

}  // namespace

const redis::Settings& Context::settings() {
  if (!settings_) {
    settings_ = sandbox::find_redis(given(url), environment_,
                                    [this](std::string_view line) { complain(line); });
  }
  return *settings_;
}

Queue Context::queue(const std::string& name, Serializer serializer) {
  return Queue(name, {.url = redis::to_url(settings()), .serializer = serializer});
}

}  // namespace rqpp::cli
