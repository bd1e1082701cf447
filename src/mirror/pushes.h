#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "mirror/source.h"
#include "redis/subscriber.h"

namespace rqpp::mirror {

/// The line on which Redis, and those who write, tell of changes; and whether it still stands.
class Pushes {
 public:
  using TimePoint = std::chrono::steady_clock::time_point;

  /// What is heard.
  struct Hear {
    /// A key has changed; empty: any of them.
    std::function<void(const std::string& key)> changed{};
    /// Somebody who writes has told it: `+id`, `-id`.
    std::function<void(const std::string& news)> told{};
    /// All that was told before `then` has come.
    std::function<void(TimePoint then)> heard_all_before{};
  };

  Pushes(redis::Settings settings, const Source& source, std::string channel,
         std::chrono::milliseconds heartbeat, Hear hear);

  void start() { line_.start(); }
  /// Also listens to what the server tells of keys by its notifications.
  void hear_notifications(const Source& source);
  redis::Subscriber& line() { return line_; }

  /// Takes what has come. Throws ConnectionError, and TimeoutError when it was silent too long.
  void step(short revents, TimePoint now);
  /// Asks now whether somebody is there, and from now on every `heartbeat`.
  void ask(TimePoint now);
  /// Asks when it is time.
  void keep_asking(TimePoint now);
  /// When there is something to do.
  TimePoint next() const;

 private:
  std::string channel_;
  std::string keyspace_;
  std::chrono::milliseconds heartbeat_;
  Hear hear_;
  redis::Subscriber line_;
  std::optional<TimePoint> asked_{};
  bool ask_again_ = false;
  TimePoint ask_at_{};
  std::uint64_t pongs_ = 0;
};

}  // namespace rqpp::mirror
