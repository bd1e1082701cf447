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

void CuttingProxy::cut_after_sent(std::size_t bytes) {
  const Lock turn(turn_);
  allowance_[index(Way::sent)] = bytes;
}

void CuttingProxy::cut_after_received(std::size_t bytes) {
  const Lock turn(turn_);
  allowance_[index(Way::received)] = bytes;
}

void CuttingProxy::cut_once(std::vector<Cut> cuts) {
  const Lock turn(turn_);
  cuts_.assign(cuts.begin(), cuts.end());
}

std::size_t CuttingProxy::cuts_left() const {
  const Lock turn(turn_);
  return cuts_.size();
}

void CuttingProxy::swallow_replies() {
  const Lock turn(turn_);
  swallow_ = true;
}

void CuttingProxy::stall() {
  const Lock turn(turn_);
  stalled_ = true;
}

bool CuttingProxy::is_stalled() const {
  const Lock turn(turn_);
  return stalled_;
}

void CuttingProxy::replace_in_replies(const std::string& from, const std::string& to) {
  const Lock turn(turn_);
  from_ = from;
  to_ = to;
}

std::string CuttingProxy::replaced(std::string bytes) const {
  const Lock turn(turn_);
  if (from_.empty()) return bytes;
  for (std::size_t at = 0; (at = bytes.find(from_, at)) != std::string::npos; at += to_.size()) {
    bytes.replace(at, from_.size(), to_);
  }
  return bytes;
}

void CuttingProxy::heal() {
  const Lock turn(turn_);
  from_.clear();
  allowance_ = {kNever, kNever};
  cuts_.clear();
  swallow_ = false;
  stalled_ = false;
}

std::size_t CuttingProxy::passed(Way way) const {
  const Lock turn(turn_);
  return passed_[index(way)];
}

void CuttingProxy::serve() {
  constexpr int kLookAgain = 10;  // ms, whether it is healed
  for (;;) {
    const bool stalled = is_stalled();
    std::vector<pollfd> set{{listener_.get(), POLLIN, 0}, {stop_reading_.get(), POLLIN, 0}};
    const std::size_t first = set.size();
    for (const Pair& pair : pairs_) {
      if (stalled) break;
      set.push_back({pair.client.get(), POLLIN, 0});
      set.push_back({pair.redis.get(), POLLIN, 0});
    }
    ::poll(set.data(), set.size(), stalled ? kLookAgain : -1);
    if (set[1].revents != 0) return;
    if (set.size() > first && !is_stalled()) {
      std::vector<Pair> going_on;
      for (std::size_t i = 0; i < pairs_.size() && !cut_all_; ++i) {
        const bool lives =
            relay(pairs_[i], set[first + 2 * i].revents, set[first + 2 * i + 1].revents);
        if (lives) going_on.push_back(std::move(pairs_[i]));
      }
      if (cut_all_) going_on.clear();
      pairs_ = std::move(going_on);
      cut_all_ = false;
    }
    if (set[0].revents != 0) accept_client();
  }
}

void CuttingProxy::accept_client() {
  base::Fd client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  base::Fd redis = new_socket();
  const sockaddr_un address = address_of(redis_socket_);
  if (::connect(redis.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    return;  // the client sees its connection closed
  }
  pairs_.push_back({std::move(client), std::move(redis)});
}

bool CuttingProxy::relay(const Pair& pair, short client_events, short redis_events) {
  if (client_events != 0 && !move(pair.client.get(), pair.redis.get(), Way::sent)) return false;
  return redis_events == 0 || move(pair.redis.get(), pair.client.get(), Way::received);
}

// False when the connection is over, or to be cut.
bool CuttingProxy::move(int from, int to, Way way) {
  std::array<char, 65'536> room;
  const ssize_t got = ::recv(from, room.data(), room.size(), 0);
  if (got <= 0) return false;
  std::string bytes(room.data(), static_cast<std::size_t>(got));
  if (way == Way::received) bytes = replaced(std::move(bytes));
  const std::size_t size = take_allowed(way, bytes.size());
  if (size == kNever) return true;
  for (std::size_t at = 0; at < size;) {
    const ssize_t sent = ::send(to, bytes.data() + at, size - at, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    at += static_cast<std::size_t>(sent);
  }
  const Lock turn(turn_);
  return !cut_all_ && allowance_[index(way)] > 0;
}

// How many of these bytes pass; kNever: they are swallowed.
std::size_t CuttingProxy::take_allowed(Way way, std::size_t wanted) {
  const Lock turn(turn_);
  if (way == Way::received && swallow_) return kNever;
  std::size_t& allowance = allowance_[index(way)];
  std::size_t size = std::min(wanted, allowance);
  if (!cuts_.empty() && cuts_.front().way == way) {
    std::size_t& after = cuts_.front().after;
    cut_all_ = after <= size;
    size = std::min(size, after);
    after -= size;
    if (cut_all_) cuts_.pop_front();
  }
  if (allowance != kNever) allowance -= size;
  passed_[index(way)] += size;
  return size;
}

}  // namespace rqpp::test
