#pragma once

#include <openssl/ssl.h>

#include "redis/settings.h"

namespace rqpp::tls {

/// The authorities, certificate and key that these settings name, loaded; the caller frees it.
/// Throws TransportFailure naming what cannot be read.
SSL_CTX* make_context(const redis::Tls& tls);

}  // namespace rqpp::tls
