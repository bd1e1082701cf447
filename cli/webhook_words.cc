#include "webhook_words.h"

#include <fmt/format.h>

#include <sstream>
#include <string>

#include "codec/repr.h"

#include <rqpp/error.h>

namespace rqpp::cli {

Webhook parse_webhook(std::string_view text) {
  const std::size_t last = text.rfind(' ');
  Webhook webhook{.url = std::string(text.substr(last + 1))};
  std::istringstream before(std::string(text.substr(0, last == std::string::npos ? 0 : last)));
  for (std::string word; before >> word;) {
    if (word == "GET" || word == "POST") {
      webhook.method = word == "GET" ? Webhook::Method::get : Webhook::Method::post;
    } else if (word == "finished" || word == "failed") {
      webhook.job_status = word == "failed" ? Status::failed : Status::finished;
    } else {
      throw InvalidArgument(
          fmt::format("before a webhook's URL stands {}: use GET or POST, finished or failed",
                      codec::quoted(word)));
    }
  }
  return webhook;
}

}  // namespace rqpp::cli
