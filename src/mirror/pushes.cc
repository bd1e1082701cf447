#include "mirror/pushes.h"

#include <fmt/format.h>

#include <utility>

#include <rqpp/error.h>

namespace rqpp::mirror {
namespace {

// So long a line may be silent that was asked whether it stands.
constexpr std::chrono::seconds kLongestSilence{10};

}  // namespace

Pushes::Pushes(redis::Settings settings, const Source& source, std::string channel,
               std::chrono::milliseconds heartbeat, Hear hear)
    : channel_(std::move(channel)),
      keyspace_(fmt::format("__keyspace@{}__:", settings.db)),
      heartbeat_(heartbeat),
      hear_(std::move(hear)),
      line_(std::move(settings)) {
  if (source.is_prefix()) {
    line_.watch_each_key(source.name);
  } else {
    line_.hear_of_read_keys();
  }
  if (!channel_.empty()) line_.subscribe(channel_);
}

void Pushes::hear_notifications(const Source& source) {
  const std::string name = source.notifications(line_.settings().db);
  if (source.is_prefix()) {
    line_.subscribe_pattern(name);
  } else {
    line_.subscribe(name);
  }
}

void Pushes::step(short revents, TimePoint now) {
  line_.step(revents);
  line_.check_deadline(now);
  while (const auto message = line_.next_message()) {
    if (message->channel == redis::Subscriber::kKeysChanged) {
      hear_.changed(message->payload);
    } else if (!channel_.empty() && message->channel == channel_) {
      hear_.told(message->payload);
    } else if (message->channel.starts_with(keyspace_)) {
      hear_.changed(message->channel.substr(keyspace_.size()));
    }
  }
  if (asked_ && line_.pongs() != pongs_) {
    pongs_ = line_.pongs();
    hear_.heard_all_before(*std::exchange(asked_, std::nullopt));
    if (std::exchange(ask_again_, false)) ask(now);
  }
  if (asked_ && now - *asked_ > kLongestSilence) {
    throw TimeoutError(fmt::format("{} does not answer on the connection for changes within {} s.",
                                   redis::to_display(line_.settings()), kLongestSilence.count()));
  }
}

void Pushes::ask(TimePoint now) {
  if (asked_) {
    ask_again_ = true;
    return;
  }
  asked_ = now;
  ask_at_ = now + heartbeat_;
  line_.ping();
}

void Pushes::keep_asking(TimePoint now) {
  if (!asked_ && now >= ask_at_) ask(now);
}

Pushes::TimePoint Pushes::next() const { return asked_ ? *asked_ + kLongestSilence : ask_at_; }

}  // namespace rqpp::mirror
