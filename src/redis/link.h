#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "redis/greeting.h"
#include "redis/reader.h"
#include "redis/reply.h"
#include "redis/settings.h"
#include "redis/transport.h"

namespace rqpp::redis {

/// The stream below Connection and Subscriber: connects, greets Redis (AUTH, SELECT, CLIENT
/// SETNAME, PING in one write), then moves bytes out and replies in. Never blocks but in wait().
class Link {
 public:
  using Clock = std::chrono::steady_clock;

  explicit Link(Settings settings);
  Link(Link&&) noexcept = default;
  Link& operator=(Link&&) noexcept = default;

  const Settings& settings() const { return *settings_; }

  void start();
  void close() noexcept;
  bool open() const { return state_ != State::closed; }
  bool ready() const { return state_ == State::ready; }
  int fd() const;
  short events() const;

  /// Goes on with connecting, writes and reads. Throws ConnectionError and is closed then.
  void step(short revents);
  /// Bytes to send are appended here; they leave with flush() or step() once ready.
  std::string& output() { return output_; }
  void flush();
  /// Bytes moved either way so far: tells progress from silence.
  std::uint64_t moved() const { return moved_; }
  /// The next reply that has arrived. Throws ConnectionError when the bytes are not RESP.
  std::optional<Reply> next();

  /// When the connection must stand; nothing unless it is being made.
  std::optional<Clock::time_point> connect_deadline() const { return connect_deadline_; }
  /// Throws TimeoutError, and is closed, when the connection does not stand by `now`.
  void check_connect_deadline(Clock::time_point now);

  /// Polls until something can be done or `until` is reached (nothing: for ever), then steps.
  /// False when the time is over.
  bool wait(std::optional<Clock::time_point> until);
  /// True when the other side has hung up; for a connection that was idle.
  bool hung_up() const;

 private:
  enum class State { closed, connecting, greeting, ready };

  void connect();
  void greet();
  void write();
  void read();
  const std::string& outgoing() const;
  bool has_output() const { return sent_ < outgoing().size(); }
  void discard_sent();
  template <class Action>
  void guarded(const Action& action);

  // On the heap: the greeting keeps its address while a Link moves.
  std::unique_ptr<const Settings> settings_;
  State state_ = State::closed;
  std::unique_ptr<Transport> transport_{};
  std::optional<ReplyReader> reader_{};
  std::optional<Greeting> greeting_{};
  std::string output_{};
  std::size_t sent_ = 0;  // bytes of the greeting, then of output_
  IoState connect_waits_ = IoState::done;
  IoState write_waits_ = IoState::done;
  IoState read_waits_ = IoState::wants_read;
  std::uint64_t moved_ = 0;
  std::optional<Clock::time_point> connect_deadline_{};
};

}  // namespace rqpp::redis
