#include "redis/subscriber.h"

#include <utility>

#include "redis/failure.h"
#include "redis/pipeline.h"
#include "rqpp/error.h"

namespace rqpp::redis {

Subscriber::Subscriber(Settings settings) : link_(std::move(settings)) {}

void Subscriber::start() {
  confirmed_.clear();
  link_.start();
  for (const std::string& channel : channels_) request("SUBSCRIBE", channel);
}

void Subscriber::close() noexcept {
  confirmed_.clear();
  link_.close();
}

void Subscriber::subscribe(const std::string& channel) {
  if (channels_.insert(channel).second && open()) request("SUBSCRIBE", channel);
}

void Subscriber::unsubscribe(const std::string& channel) {
  confirmed_.erase(channel);
  if (channels_.erase(channel) > 0 && open()) request("UNSUBSCRIBE", channel);
}

void Subscriber::request(const char* command, const std::string& channel) {
  append_command(link_.output(), {command, channel});
  link_.flush();
}

bool Subscriber::listening() const { return link_.ready() && confirmed_ == channels_; }

void Subscriber::step(short revents) {
  link_.step(revents);
  take_all();
}

void Subscriber::take_all() {
  while (std::optional<Reply> reply = link_.next()) take(std::move(*reply));
}

// RESP2 has no type for pushes: what comes is an array whose first element says what it is.
void Subscriber::take(Reply reply) {
  if (reply.is_error()) {
    close();
    throw ConnectionError("Redis at " + to_display(settings()) +
                          " refused a subscription: " + reply.text);
  }
  if (reply.elements.size() != 3) return;
  const std::string& kind = reply.elements[0].text;
  std::string& channel = reply.elements[1].text;
  if (kind == "message") {
    messages_.push_back({std::move(channel), std::move(reply.elements[2].text)});
  } else if (kind == "subscribe" && channels_.count(channel) > 0) {
    confirmed_.insert(std::move(channel));
  }
}

std::optional<Message> Subscriber::next_message() {
  if (messages_.empty()) return std::nullopt;
  Message message = std::move(messages_.front());
  messages_.pop_front();
  return message;
}

void Subscriber::listen() {
  if (!open()) start();
  const auto timeout = settings().connect_timeout;
  std::optional<Clock::time_point> until;
  if (timeout.count() > 0) until = Clock::now() + timeout;
  while (!listening()) {
    if (!link_.wait(until)) {
      close();
      throw connect_timeout(settings());
    }
    take_all();
  }
}

std::optional<Message> Subscriber::wait(std::chrono::milliseconds timeout) {
  const Clock::time_point until = Clock::now() + timeout;
  if (messages_.empty() && !listening()) listen();
  while (messages_.empty()) {
    if (!link_.wait(until)) break;
    take_all();
  }
  return next_message();
}

}  // namespace rqpp::redis
