#include "redis/subscriber.h"

#include <utility>

#include "redis/failure.h"
#include "redis/request.h"
#include "rqpp/error.h"

namespace rqpp::redis {

Subscriber::Subscriber(Settings settings) : link_(std::move(settings)) {}

void Subscriber::start() {
  confirmed_.clear();
  confirmed_patterns_.clear();
  pongs_ = 0;
  silent_since_.reset();
  expected_.clear();
  tracking_ = false;
  link_.start();
  if (watched_prefixes_.empty() && !for_another_) {
    subscribe_all();
    return;
  }
  // What changes is sent to a connection by its number, which may be its own. Behind SUBSCRIBE
  // Redis takes no more commands, so that comes last.
  expected_.push_back(Expected::client_id);
  append_command(link_.output(), {"CLIENT", "ID"});
  link_.flush();
}

void Subscriber::subscribe_all() {
  for (const std::string& channel : channels_) request("SUBSCRIBE", channel);
  for (const std::string& pattern : patterns_) request("PSUBSCRIBE", pattern);
}

void Subscriber::take_answer(const Reply& reply) {
  const Expected expected = expected_.front();
  expected_.pop_front();
  if (expected == Expected::tracking) {
    tracking_ = !reply.is_error();
    if (tracking_) channels_.insert(kKeysChanged);
    subscribe_all();
    return;
  }
  client_id_ = reply.is_error() ? std::string() : std::to_string(reply.number);
  if (for_another_) {
    channels_.insert(kKeysChanged);
    subscribe_all();
    return;
  }
  expected_.push_back(Expected::tracking);
  std::vector<std::string> words{"CLIENT", "TRACKING", "ON", "REDIRECT", client_id_, "BCAST"};
  for (const std::string& prefix : watched_prefixes_) {
    words.emplace_back("PREFIX");
    words.push_back(prefix);
  }
  append_command(link_.output(), words);
  link_.flush();
}

void Subscriber::close() noexcept {
  confirmed_.clear();
  confirmed_patterns_.clear();
  link_.close();
}

void Subscriber::subscribe(const std::string& channel) {
  const bool is_new = channels_.insert(channel).second;
  if (is_new && open() && expected_.empty()) request("SUBSCRIBE", channel);
}

void Subscriber::subscribe_pattern(const std::string& pattern) {
  const bool is_new = patterns_.insert(pattern).second;
  if (is_new && open() && expected_.empty()) request("PSUBSCRIBE", pattern);
}

void Subscriber::unsubscribe(const std::string& channel) {
  confirmed_.erase(channel);
  if (channels_.erase(channel) > 0 && open()) request("UNSUBSCRIBE", channel);
}

void Subscriber::request(const char* command, const std::string& channel) {
  append_command(link_.output(), {command, channel});
  link_.flush();
}

bool Subscriber::listening() const {
  return link_.ready() && expected_.empty() && confirmed_ == channels_ &&
         confirmed_patterns_ == patterns_;
}

void Subscriber::ping() {
  append_command(link_.output(), {"PING"});
  link_.flush();
}

std::optional<Subscriber::Clock::time_point> Subscriber::deadline() const {
  if (!ready()) return link_.connect_deadline();
  if (!silent_since_) return std::nullopt;
  const std::chrono::seconds patience = !listening() ? kAnswer
                                        : asked_     ? kSilence + kAnswer
                                                     : kSilence;
  return *silent_since_ + patience;
}

void Subscriber::check_deadline(Clock::time_point now) {
  link_.check_connect_deadline(now);
  if (!ready()) return;
  if (!silent_since_) {
    silent_since_ = now;
    asked_ = false;
  }
  if (now < *deadline()) return;
  if (listening() && !std::exchange(asked_, true)) {
    ping();
    return;
  }
  close();
  throw reply_timeout(settings(), kAnswer);
}

void Subscriber::step(short revents) {
  link_.step(revents);
  take_all();
}

void Subscriber::take_all() {
  while (std::optional<Reply> reply = link_.next()) take(std::move(*reply));
}

// RESP2 has no type for pushes: what comes is an array whose first element says what it is.
void Subscriber::take(Reply reply) {
  silent_since_.reset();
  if (!expected_.empty()) return take_answer(reply);
  if (reply.is_error()) {
    close();
    throw SubscriptionRefused("Redis at " + to_display(settings()) +
                              " refused a subscription: " + reply.text + ".");
  }
  take_push(std::move(reply.elements));
}

void Subscriber::take_push(std::vector<Reply> words) {
  if (words.size() < 2) return;
  const std::string kind = std::move(words[0].text);
  if (kind == "pong") ++pongs_;
  if (kind == "pmessage") words.erase(words.begin());  // the pattern, which nobody asks for
  if (words.size() != 3) return;
  std::string& name = words[1].text;
  if (kind == "message" && name == kKeysChanged && names_keys_) {
    // Without keys: all of them, after FLUSHALL.
    if (words[2].elements.empty()) messages_.push_back({name, {}});
    for (Reply& key : words[2].elements) messages_.push_back({name, std::move(key.text)});
  } else if (kind == "message" || kind == "pmessage") {
    messages_.push_back({std::move(name), std::move(words[2].text)});
  } else if (kind == "subscribe" && channels_.contains(name)) {
    confirmed_.insert(std::move(name));
  } else if (kind == "psubscribe" && patterns_.contains(name)) {
    confirmed_patterns_.insert(std::move(name));
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
