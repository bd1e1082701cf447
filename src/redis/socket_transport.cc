#include "redis/socket_transport.h"

#include <fmt/format.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/un.h>

#include <cctype>
#include <cerrno>
#include <cstring>
#include <memory>

namespace rqpp::redis {
namespace {

// A peer that vanished without a word is noticed within half a minute, whether it is asked
// something (TCP_USER_TIMEOUT) or waited for (keepalive).
constexpr int kKeepaliveIdleSeconds = 15;
constexpr int kKeepaliveIntervalSeconds = 5;
constexpr int kKeepaliveProbes = 3;
constexpr int kUnacknowledgedMilliseconds = 30'000;

[[noreturn]] void fail(int error_number) { throw TransportFailure(base::errno_text(error_number)); }

// Options that make a connection better, not possible: a failure is of no interest.
void tune(int socket, int family) {
  if (family == AF_UNIX) return;
  const auto set = [socket](int level, int name, int value) {
    ::setsockopt(socket, level, name, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, kKeepaliveIdleSeconds);
  set(IPPROTO_TCP, TCP_KEEPINTVL, kKeepaliveIntervalSeconds);
  set(IPPROTO_TCP, TCP_KEEPCNT, kKeepaliveProbes);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, kUnacknowledgedMilliseconds);
}

}  // namespace

SocketTransport::SocketTransport(const Settings& settings)
    : host_(settings.host), port_(settings.port), path_(settings.unix_path) {}

IoState SocketTransport::connect() {
  if (addresses_.empty()) resolve();
  for (;;) {
    if (!socket_) open(addresses_[next_++]);
    const Address& address = addresses_[next_ - 1];
    // Called again on the same socket, connect() tells how the first call went.
    if (::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address.storage),
                  address.size) == 0 ||
        errno == EISCONN) {
      return IoState::done;
    }
    if (errno == EINPROGRESS || errno == EALREADY || errno == EINTR) return IoState::wants_write;
    const int error_number = errno;
    socket_.reset();
    if (next_ == addresses_.size()) fail(error_number);
  }
}

void SocketTransport::resolve() {
  if (path_.empty()) {
    resolve_host();
  } else {
    resolve_socket();
  }
}

void SocketTransport::resolve_socket() {
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  if (path_.size() >= sizeof name.sun_path) {
    throw TransportFailure(
        fmt::format("a socket's path has at most {} bytes", sizeof name.sun_path - 1));
  }
  std::memcpy(name.sun_path, path_.data(), path_.size());
  Address address;
  std::memcpy(&address.storage, &name, sizeof name);
  address.size = sizeof name;
  addresses_.push_back(address);
}

void SocketTransport::resolve_host() {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host_.c_str(), std::to_string(port_).c_str(), &hints, &found);
  if (error != 0) {
    const std::string reason = error == EAI_SYSTEM ? base::errno_text(errno) : gai_strerror(error);
    throw TransportFailure(fmt::format("the host '{}' cannot be looked up ({})", host_, reason));
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    Address address;
    std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
    address.size = each->ai_addrlen;
    addresses_.push_back(address);
  }
  if (addresses_.empty())
    throw TransportFailure(fmt::format("the host '{}' has no address", host_));
}

void SocketTransport::open(const Address& address) {
  const int family = address.storage.ss_family;
  socket_.reset(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket_) fail(errno);
  tune(socket_.get(), family);
}

Transport::Moved SocketTransport::read(std::span<char> room) {
  for (;;) {
    const ssize_t size = ::recv(socket_.get(), room.data(), room.size(), 0);
    if (size > 0) {
      const auto bytes = static_cast<std::size_t>(size);
      // A short read has emptied the socket: it saves the call that would say so.
      return {bytes, bytes < room.size() ? IoState::wants_read : IoState::done};
    }
    if (size == 0) throw TransportFailure("Redis closed the connection");
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {0, IoState::wants_read};
    if (errno != EINTR) fail(errno);
  }
}

Transport::Moved SocketTransport::write(std::string_view bytes) {
  for (;;) {
    const ssize_t size = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size >= 0) {
      const auto sent = static_cast<std::size_t>(size);
      return {sent, sent < bytes.size() ? IoState::wants_write : IoState::done};
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) return {0, IoState::wants_write};
    if (errno != EINTR) fail(errno);
  }
}

}  // namespace rqpp::redis
