#pragma once

#include <memory>
#include <string>

#include <openssl/ssl.h>

#include "redis/socket_transport.h"
#include "redis/transport.h"

namespace rqpp::tls {

/// TLS 1.2 or newer over TCP. The server's certificate and its host name are checked unless the
/// settings say otherwise.
class TlsTransport final : public redis::Transport {
 public:
  explicit TlsTransport(const redis::Settings& settings);
  ~TlsTransport() override;

  int fd() const override { return socket_.fd(); }
  redis::IoState connect() override;
  Moved read(std::span<char> room) override;
  Moved write(std::string_view bytes) override;

 private:
  struct Free {
    void operator()(SSL_CTX* context) const noexcept { ::SSL_CTX_free(context); }
    void operator()(SSL* session) const noexcept { ::SSL_free(session); }
  };

  void begin();
  redis::IoState wait_or_fail(int result) const;
  [[noreturn]] void fail(int error, unsigned long queued) const;

  redis::SocketTransport socket_;
  std::string host_;
  redis::Tls tls_;
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> session_{};
  int descriptor_ = -1;     // of socket_, for the session
  bool connected_ = false;  // the socket; the session may still shake hands
  bool heard_ = false;      // something from Redis, beyond the handshake
};

}  // namespace rqpp::tls
