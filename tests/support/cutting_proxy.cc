#include "support/cutting_proxy.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

#include "rqpp/error.h"

namespace rqpp::test {
namespace {

sockaddr_un address_of(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  return address;
}

base::Fd new_socket() { return base::Fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)); }

}  // namespace

CuttingProxy::CuttingProxy(std::string redis_socket) : redis_socket_(std::move(redis_socket)) {
  folder_ = "/tmp/rqpp-proxy-XXXXXX";
  std::array<int, 2> ends{};
  if (::mkdtemp(folder_.data()) == nullptr || ::pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw Error("cannot set a proxy up");
  }
  stop_reading_.reset(ends[0]);
  stop_writing_.reset(ends[1]);
  listener_ = new_socket();
  const sockaddr_un address = address_of(settings().unix_path);
  if (::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      ::listen(listener_.get(), 16) != 0) {
    throw Error("a proxy cannot listen");
  }
  thread_ = std::thread([this] { serve(); });
}

CuttingProxy::~CuttingProxy() {
  stop_writing_.reset();
  thread_.join();
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

redis::Settings CuttingProxy::settings() const { return {.unix_path = folder_ + "/proxy.sock"}; }

void CuttingProxy::heal() {
  to_redis_ = kNever;
  to_client_ = kNever;
  swallow_ = false;
}

void CuttingProxy::serve() {
  for (;;) {
    std::array<pollfd, 2> set{{{listener_.get(), POLLIN, 0}, {stop_reading_.get(), POLLIN, 0}}};
    ::poll(set.data(), set.size(), -1);
    if (set[1].revents != 0) return;
    const base::Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const base::Fd redis = new_socket();
    const sockaddr_un address = address_of(redis_socket_);
    if (::connect(redis.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      continue;  // the client sees its connection closed
    }
    relay(client.get(), redis.get());
  }
}

void CuttingProxy::relay(int client, int redis) {
  for (;;) {
    std::array<pollfd, 3> set{
        {{client, POLLIN, 0}, {redis, POLLIN, 0}, {stop_reading_.get(), POLLIN, 0}}};
    ::poll(set.data(), set.size(), -1);
    if (set[2].revents != 0) return;
    if (set[0].revents != 0 && !move(client, redis, to_redis_)) return;
    if (set[1].revents != 0 && !move(redis, client, to_client_)) return;
  }
}

// False when the connection is over, or to be cut.
bool CuttingProxy::move(int from, int to, std::atomic<std::size_t>& allowance) {
  std::array<char, 65'536> room;
  const ssize_t got = ::recv(from, room.data(), room.size(), 0);
  if (got <= 0) return false;
  if (&allowance == &to_client_ && swallow_) return true;
  const std::size_t allowed = allowance;
  const std::size_t size = std::min(static_cast<std::size_t>(got), allowed);
  for (std::size_t at = 0; at < size;) {
    const ssize_t sent = ::send(to, room.data() + at, size - at, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    at += static_cast<std::size_t>(sent);
  }
  if (allowed == kNever) return true;
  allowance = allowed - size;
  return allowance > 0;
}

}  // namespace rqpp::test
