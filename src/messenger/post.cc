#include "messenger/post.h"

#include <fmt/format.h>

#include <optional>
#include <variant>

#include "codec/compress.h"
#include "codec/wire_call.h"
#include "protocol/webhooks.h"
#include "worker/traceback.h"

#include <rqpp/error.h>

namespace rqpp::messenger {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::string body_of(const worker::SendWebhooks& order) {
  if (order.data.empty()) return {};  // nobody wants one
  protocol::Ending ending{.job_id = order.job_id,
                          .status = order.status,
                          .enqueued_at = order.enqueued_at,
                          .ended_at = order.ended_at,
                          .exc_info = order.exc_info};
  try {
    ending.func_name = codec::decode_call(codec::inflate_or_raw(order.data)).call.function;
  } catch (const DecodeError&) {  // NOLINT(bugprone-empty-catch): the job has failed for it
  }
  return protocol::webhook_body(ending);
}

std::string trouble_text(const std::string& url, const std::string& job_id,
                         std::string_view trouble) {
  return fmt::format("Failed to send webhook to {} for job {}: {}", url, job_id, trouble);
}

}  // namespace

void Post::run() {
  std::optional<Clock::time_point> until;
  while (!until || (!requests_.empty() && Clock::now() < *until)) {
    const int fd = until ? -1 : channel_.fd();
    for (const Sender::Done& done : sender_.wait(fd, until ? 100ms : 60s)) take(done);
    if (until) continue;
    const auto arrivals = channel_.read();
    for (const worker::ToMessenger& frame : arrivals.frames) {
      send(std::get<worker::SendWebhooks>(frame));
    }
    if (arrivals.ended) until = Clock::now() + kLastPatience;
  }
}

void Post::send(const worker::SendWebhooks& order) {
  auto letter =
      std::make_shared<Letter>(Letter{.answer = {.number = order.number}, .job_id = order.job_id});
  try {
    const std::string body = body_of(order);
    for (const Webhook& webhook : order.webhooks) send(webhook, body, letter);
  } catch (const Error& error) {
    letter->answer.troubles.push_back(
        fmt::format("job {}: its webhooks are not sent: {}", order.job_id, error.what()));
  }
  if (letter->unsent == 0) answer(*letter);
}

void Post::send(const Webhook& webhook, const std::string& body,
                const std::shared_ptr<Letter>& letter) {
  try {
    sender_.send(++last_, webhook, body);
    requests_[last_] = {letter, webhook.url};
    letter->unsent += 1;
  } catch (const Error& error) {
    letter->answer.troubles.push_back(trouble_text(webhook.url, letter->job_id, error.what()));
  }
}

void Post::take(const Sender::Done& done) {
  const auto found = requests_.find(done.number);
  if (found == requests_.end()) return;
  const auto [letter, url] = std::move(found->second);
  requests_.erase(found);
  if (!done.trouble.empty()) {
    letter->answer.troubles.push_back(trouble_text(url, letter->job_id, done.trouble));
  }
  if (--letter->unsent == 0) answer(*letter);
}

void Post::answer(const Letter& letter) {
  worker::WebhooksSent answer = letter.answer;
  for (std::string& trouble : answer.troubles) {
    trouble = worker::presentable(trouble, worker::kMaxTroubleBytes);
  }
  channel_.send(answer);
  channel_.flush_all();
}

}  // namespace rqpp::messenger
