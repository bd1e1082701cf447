#pragma once

#include <string_view>

#include <rqpp/webhook.h>

namespace rqpp::cli {

/// `https://example.com/done`, `POST failed https://example.com/alarm`. Throws InvalidArgument for
/// other words before the URL, which itself is looked at by whoever enqueues.
Webhook parse_webhook(std::string_view text);

}  // namespace rqpp::cli
