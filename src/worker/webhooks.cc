#include "worker/webhooks.h"

#include <algorithm>
#include <utility>

#include "protocol/webhooks.h"

namespace rqpp::worker {

std::optional<SendWebhooks> webhooks_for(const Settle& end) {
  if (end.job.webhooks.empty()) return std::nullopt;
  if (end.status != Status::finished && (end.status != Status::failed || end.again)) {
    return std::nullopt;
  }
  std::vector<Webhook> webhooks = protocol::read_webhooks(end.job.webhooks);
  std::erase_if(webhooks, [&end](const Webhook& it) { return it.job_status != end.status; });
  if (webhooks.empty()) return std::nullopt;
  const bool any_body = std::any_of(webhooks.begin(), webhooks.end(), [](const Webhook& it) {
    return it.method == Webhook::Method::post;
  });
  SendWebhooks order{.webhooks = std::move(webhooks),
                     .job_id = end.run.job_id,
                     .status = end.status,
                     .enqueued_at = end.job.enqueued_at,
                     .ended_at = end.times.ended};
  if (any_body) order.data = end.job.data;
  // That a job asked for too many runs is no error with a text, in RQ neither.
  if (any_body && end.outcome.kind != Outcome::Kind::run_again) {
    order.exc_info = end.outcome.exc_info;
  }
  return order;
}

}  // namespace rqpp::worker
