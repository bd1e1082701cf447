#pragma once

#include <openssl/ssl.h>

#include "redis/settings.h"

namespace rqpp::redis {

/// The authorities, certificate and key that these settings name, loaded; the caller frees it.
/// Throws TransportFailure naming what cannot be read.
SSL_CTX* make_context(const Tls& tls);

}  // namespace rqpp::redis
