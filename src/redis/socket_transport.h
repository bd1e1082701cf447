#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <sys/socket.h>

#include "base/fd.h"
#include "redis/transport.h"

namespace rqpp::redis {

/// Bytes as they are, over TCP or a Unix socket. Every address of the host is tried in turn.
class SocketTransport final : public Transport {
 public:
  explicit SocketTransport(const Settings& settings);

  int fd() const override { return socket_.get(); }
  IoState connect() override;
  Moved read(std::span<char> room) override;
  Moved write(std::string_view bytes) override;

 private:
  struct Address {
    sockaddr_storage storage{};
    socklen_t size = 0;
  };

  void resolve();
  void resolve_socket();
  void resolve_host();
  void open(const Address& address);

  std::string host_;
  int port_;
  std::string path_;
  std::vector<Address> addresses_{};
  std::size_t next_ = 0;  // the address to try after this one
  base::Fd socket_{};
};

}  // namespace rqpp::redis
