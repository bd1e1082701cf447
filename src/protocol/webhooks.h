#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rqpp/time.h>
#include <rqpp/webhook.h>

namespace rqpp::protocol {

/// The field `webhooks`, as RQ writes it; empty for none. Throws InvalidArgument as RQ's `Webhook`
/// refuses: a URL that is neither http nor https, another status than finished and failed, a
/// timeout below 1 s; and for a header that would break out of its line.
std::string new_webhooks(std::span<const Webhook> webhooks);

/// Throws DecodeError if there is one that RQ would refuse, or more than 100.
std::vector<Webhook> read_webhooks(std::string_view json);

/// What a webhook tells of its job.
struct Ending {
  std::string job_id{};
  std::optional<std::string> func_name{};  ///< None: nobody could read the call.
  Status status = Status::finished;        ///< Or failed.
  std::optional<Time> enqueued_at{};
  std::optional<Time> ended_at{};
  std::string exc_info{};  ///< Of a failed job.
};
/// The body of a POST, byte for byte RQ's (`Webhook.get_payload`).
std::string webhook_body(const Ending& ending);

}  // namespace rqpp::protocol
