#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "redis/link.h"
#include "redis/settings.h"
#include "rqpp/error.h"

namespace rqpp::redis {

/// What somebody published on a channel.
struct Message {
  std::string channel{};
  std::string payload{};

  bool operator==(const Message&) const = default;
};

/// Redis does not let this user listen to a channel.
class SubscriptionRefused : public ConnectionError {
 public:
  using ConnectionError::ConnectionError;
};

/// A connection that listens to channels. Like Connection it is used stepped or blocking.
///
/// Redis does not keep messages: what is published while the connection is down is lost.
class Subscriber {
 public:
  using Clock = Link::Clock;
  static constexpr const char* kKeysChanged = "__redis__:invalidate";  ///< The name is Redis'.

  explicit Subscriber(Settings settings);

  const Settings& settings() const { return link_.settings(); }

  /// Begins to connect; all channels subscribed so far are subscribed again.
  void start();
  bool ready() const { return link_.ready(); }
  bool open() const { return link_.open(); }
  int fd() const { return link_.fd(); }
  short events() const { return link_.events(); }
  /// Throws ConnectionError when the connection failed; it is closed then.
  void step(short revents);
  /// Listens to one more channel, at once or when the connection stands.
  void subscribe(const std::string& channel);
  void unsubscribe(const std::string& channel);
  /// The same for all channels that fit a pattern. Their messages bear the channel's own name.
  void subscribe_pattern(const std::string& pattern);
  /// Also hears when a key with such a prefix changes, expires or is deleted, by client tracking
  /// (Redis 6): as a Message on kKeysChanged, without a payload. Call it before `start`, once for
  /// each prefix.
  void watch_keys(std::string prefix) { watched_prefixes_.push_back(std::move(prefix)); }
  /// The same with a Message for each key that changed, and the key as payload; none: any of them.
  void watch_each_key(std::string prefix) {
    names_keys_ = true;
    watch_keys(std::move(prefix));
  }
  /// Also hears which keys changed that another connection had read: one that has asked Redis to
  /// track what it reads and to send that here (`track`), as Messages on kKeysChanged with the key
  /// as payload. Call it before `start`.
  void hear_of_read_keys() { for_another_ = names_keys_ = true; }
  /// The number of this connection, once it is `listening`; empty if Redis does not tell.
  const std::string& client_id() const { return client_id_; }
  /// False where Redis refuses to track keys, to a user without the right to say.
  bool watches_keys() const { return tracking_; }
  /// True when Redis has confirmed every channel: nothing published from now on is missed.
  bool listening() const;
  std::optional<Message> next_message();
  /// Asks whether somebody is at the other end; call it when `listening`, to some channel. By the
  /// answer, all that was published before has come.
  void ping();
  /// How many of these were answered since `start`.
  std::uint64_t pongs() const { return pongs_; }
  /// When the connection must stand, or `check_deadline` must be called at the latest.
  std::optional<Clock::time_point> deadline() const;
  /// Throws TimeoutError and closes the connection when it does not stand in time, or is dead: one
  /// that has been silent for kSilence is asked whether somebody is there, and must answer.
  void check_deadline(Clock::time_point now);
  static constexpr std::chrono::seconds kSilence{70};
  static constexpr std::chrono::seconds kAnswer{10};
  void close() noexcept;

  /// Blocking: connects when needed and returns when Redis listens for us. Throws ConnectionError,
  /// TimeoutError.
  void listen();
  /// Blocking: the next message, or nothing when none came in time. Connects when needed. Throws
  /// like listen(); what was published until the next call is lost then.
  std::optional<Message> wait(std::chrono::milliseconds timeout);

 private:
  enum class Expected : std::uint8_t { client_id, tracking };

  void take(Reply reply);
  void take_answer(const Reply& reply);
  void take_push(std::vector<Reply> words);
  void subscribe_all();
  void take_all();
  void request(const char* command, const std::string& channel);

  Link link_;
  std::set<std::string> channels_{};
  std::set<std::string> confirmed_{};
  std::set<std::string> patterns_{};
  std::set<std::string> confirmed_patterns_{};
  std::deque<Message> messages_{};
  std::vector<std::string> watched_prefixes_{};
  bool for_another_ = false;
  bool names_keys_ = false;
  std::string client_id_{};
  std::deque<Expected> expected_{};  // answers that are no pushes
  bool tracking_ = false;
  std::uint64_t pongs_ = 0;
  std::optional<Clock::time_point> silent_since_{};  // unset: something has come just now
  bool asked_ = false;                               // whether somebody is there
};

}  // namespace rqpp::redis
