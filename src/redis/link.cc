#include "redis/link.h"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <string_view>
#include <utility>

#include "base/fd.h"
#include "redis/failure.h"
#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

// Small enough that hiredis, which moves the rest of its buffer after each reply, moves little.
constexpr std::size_t kReadSize = std::size_t{32} << 10;
// Output that was this large once is not worth keeping.
constexpr std::size_t kKeptOutput = std::size_t{1} << 20;

int poll_timeout(std::optional<Link::Clock::time_point> until) {
  if (!until) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*until - Link::Clock::now());
  return static_cast<int>(std::clamp<std::chrono::milliseconds::rep>(left.count(), 0, INT_MAX));
}

}  // namespace

Link::Link(Settings settings) : settings_(std::make_unique<const Settings>(std::move(settings))) {}

// Runs what touches the transport; a failure closes the link and becomes an error for the caller.
template <class Action>
void Link::guarded(const Action& action) {
  const bool was_ready = ready();
  try {
    action();
  } catch (const TransportFailure& failure) {
    close();
    if (was_ready) throw connection_lost(*settings_, failure.what());
    throw cannot_reach(*settings_, failure);
  } catch (const DecodeError& error) {
    close();
    if (!was_ready) throw no_redis(*settings_, error.what());
    throw connection_lost(*settings_, error.what());
  } catch (...) {
    close();
    throw;
  }
}

void Link::start() {
  close();
  state_ = State::connecting;
  guarded([this] {
    if (settings_->connect_timeout.count() > 0) {
      connect_deadline_ = Clock::now() + settings_->connect_timeout;
    }
    reader_.emplace(ReplyReader::kMaxBytes, settings_->max_reply_bytes);
    greeting_.emplace(*settings_);
    transport_ = make_transport(*settings_);
    connect();
  });
}

void Link::close() noexcept {
  state_ = State::closed;
  transport_.reset();
  reader_.reset();
  greeting_.reset();
  connect_deadline_.reset();
  output_.clear();
  sent_ = 0;
  connect_waits_ = write_waits_ = IoState::done;
  read_waits_ = IoState::wants_read;
}

int Link::fd() const { return transport_ != nullptr ? transport_->fd() : -1; }

short Link::events() const {
  int events = 0;
  switch (state_) {
    case State::closed:
      break;
    case State::connecting:
      events = connect_waits_ == IoState::wants_read ? POLLIN : POLLOUT;
      break;
    case State::greeting:
    case State::ready:
      events = read_waits_ == IoState::wants_write ? POLLOUT : POLLIN;
      if (has_output()) events |= write_waits_ == IoState::wants_read ? POLLIN : POLLOUT;
      break;
  }
  return static_cast<short>(events);
}

void Link::step(short revents) {
  if (!open() || revents == 0) return;
  guarded([&] {
    const bool can_read = (revents & (POLLIN | POLLHUP | POLLERR)) != 0;
    const bool can_write = (revents & POLLOUT) != 0;
    if (state_ == State::connecting) {
      connect();
      return;
    }
    const bool may_write = write_waits_ == IoState::wants_read ? can_read : can_write;
    if (may_write || write_waits_ == IoState::done) write();
    if (read_waits_ == IoState::wants_write ? can_write : can_read) read();
    if (state_ == State::greeting) greet();
  });
}

void Link::connect() {
  connect_waits_ = transport_->connect();
  if (connect_waits_ != IoState::done) return;
  state_ = State::greeting;
  write();
}

void Link::greet() {
  while (const std::optional<Reply> reply = reader_->next()) {
    if (!greeting_->take(*reply)) continue;
    state_ = State::ready;
    greeting_.reset();
    connect_deadline_.reset();
    sent_ = 0;
    write();
    return;
  }
}

void Link::flush() {
  if (ready() && write_waits_ == IoState::done) {
    guarded([this] { write(); });
  }
}

const std::string& Link::outgoing() const {
  return state_ == State::greeting ? greeting_->bytes() : output_;
}

void Link::write() {
  while (has_output()) {
    const Transport::Moved moved = transport_->write(std::string_view(outgoing()).substr(sent_));
    sent_ += moved.bytes;
    moved_ += moved.bytes;
    write_waits_ = moved.state;
    if (moved.state != IoState::done) break;
  }
  if (state_ == State::ready) discard_sent();
}

void Link::discard_sent() {
  if (sent_ == output_.size()) {
    output_.clear();
    sent_ = 0;
    if (output_.capacity() > kKeptOutput) output_ = std::string();
  } else if (sent_ > kKeptOutput) {
    output_.erase(0, sent_);
    sent_ = 0;
  }
}

void Link::read() {
  // Zeros would cost as much as a system call, and it is filled before it is read.
  std::array<char, kReadSize> room;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  bool any = false;
  for (;;) {
    Transport::Moved moved;
    try {
      moved = transport_->read(room);
    } catch (const TransportFailure&) {
      // What came before the end is answered first; the end is still there at the next read.
      if (any) return;
      throw;
    }
    any = true;
    moved_ += moved.bytes;
    read_waits_ = moved.state == IoState::wants_write ? moved.state : IoState::wants_read;
    if (moved.bytes > 0) reader_->feed(std::string_view(room.data(), moved.bytes));
    if (moved.state != IoState::done) return;
  }
}

std::optional<Reply> Link::next() {
  if (!ready()) return std::nullopt;
  std::optional<Reply> reply;
  guarded([&] { reply = reader_->next(); });
  return reply;
}

void Link::check_connect_deadline(Clock::time_point now) {
  if (!connect_deadline_ || now < *connect_deadline_) return;
  close();
  throw connect_timeout(*settings_);
}

bool Link::wait(std::optional<Clock::time_point> until) {
  for (;;) {
    pollfd poll_set{fd(), events(), 0};
    const int count = ::poll(&poll_set, 1, poll_timeout(until));
    if (count > 0) {
      step(poll_set.revents);
      return true;
    }
    if (count < 0 && errno != EINTR) {
      throw Error(fmt::format("cannot poll a connection: {}", base::errno_text(errno)));
    }
    if (until && Clock::now() >= *until) return false;
  }
}

bool Link::hung_up() const {
  pollfd poll_set{fd(), POLLRDHUP, 0};
  return ::poll(&poll_set, 1, 0) > 0;
}

}  // namespace rqpp::redis
