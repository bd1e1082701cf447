#include "redis/transport.h"

#include "base/companion.h"
#include "redis/socket_transport.h"

namespace rqpp::redis {
namespace {

std::unique_ptr<Transport> make_tls_transport(const Settings& settings) {
  try {
    static const auto make =
        base::find_in_companion<Transport*(const Settings&)>("tls", "rqpp_make_tls_transport");
    return std::unique_ptr<Transport>(make(settings));
  } catch (const base::NoCompanion& error) {
    throw TransportFailure(error.what(), "Install rqpp as a whole.");
  }
}

}  // namespace

std::unique_ptr<Transport> make_transport(const Settings& settings) {
  // Nobody reads along on a Unix socket.
  if (settings.tls.enabled && settings.unix_path.empty()) return make_tls_transport(settings);
  return std::make_unique<SocketTransport>(settings);
}

}  // namespace rqpp::redis
