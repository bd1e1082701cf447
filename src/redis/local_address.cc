#include "redis/local_address.h"

#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <memory>

#include "base/fd.h"

namespace rqpp::redis {
namespace {

constexpr const char* kUnknown = "unknown";  // RQ's word

// A datagram socket finds its way when it is connected, and nothing is sent.
std::string address_towards(const addrinfo& target) {
  const base::Fd socket(::socket(target.ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket || ::connect(socket.get(), target.ai_addr, target.ai_addrlen) != 0) return kUnknown;
  sockaddr_storage own{};
  socklen_t size = sizeof own;
  auto* address = reinterpret_cast<sockaddr*>(&own);
  if (::getsockname(socket.get(), address, &size) != 0) return kUnknown;
  std::array<char, NI_MAXHOST> text{};
  const int error =
      ::getnameinfo(address, size, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST);
  return error == 0 ? text.data() : kUnknown;
}

}  // namespace

std::string local_address(const Settings& settings) {
  if (!settings.unix_path.empty()) return settings.unix_path + ":0";
  addrinfo hints{};
  hints.ai_socktype = SOCK_DGRAM;
  addrinfo* found = nullptr;
  const std::string port = std::to_string(settings.port);
  if (::getaddrinfo(settings.host.c_str(), port.c_str(), &hints, &found) != 0) return kUnknown;
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, ::freeaddrinfo);
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (std::string address = address_towards(*each); address != kUnknown) return address;
  }
  return kUnknown;
}

}  // namespace rqpp::redis
