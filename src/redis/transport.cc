#include "redis/transport.h"

#include "redis/socket_transport.h"
#include "redis/tls_transport.h"

namespace rqpp::redis {

std::unique_ptr<Transport> make_transport(const Settings& settings) {
  // Nobody reads along on a Unix socket.
  if (settings.tls.enabled && settings.unix_path.empty()) {
    return std::make_unique<TlsTransport>(settings);
  }
  return std::make_unique<SocketTransport>(settings);
}

}  // namespace rqpp::redis
