#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "base/fd.h"
#include "messenger/sender.h"
#include "worker/channel.h"

namespace rqpp::messenger {

/// Sends what comes in on the channel, and says on it how that went.
class Post {
 public:
  /// How long it goes on when the channel is closed: its worker was killed.
  static constexpr std::chrono::seconds kLastPatience{10};

  Post(base::Fd channel, worker::AllowedHosts hosts)
      : channel_(std::move(channel)), sender_(std::move(hosts)) {}

  /// Returns when nothing more can come in and all is sent.
  void run();

 private:
  /// The webhooks of one job.
  struct Letter {
    worker::WebhooksSent answer{};
    std::string job_id{};
    std::size_t unsent = 0;
  };
  struct Request {
    std::shared_ptr<Letter> letter{};  // shared by all of its job
    std::string url{};
  };

  void send(const worker::SendWebhooks& order);
  void send(const Webhook& webhook, const std::string& body, const std::shared_ptr<Letter>& letter);
  void take(const Sender::Done& done);
  void answer(const Letter& letter);

  worker::Channel<worker::ToMessenger> channel_;
  Sender sender_;
  std::map<std::uint64_t, Request> requests_{};
  std::uint64_t last_ = 0;
};

}  // namespace rqpp::messenger
