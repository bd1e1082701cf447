#include "tls/context.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <climits>
#include <memory>
#include <string>

#include "redis/transport.h"

namespace rqpp::tls {
namespace {

using redis::Tls;
using redis::TransportFailure;

struct Free {
  void operator()(SSL_CTX* context) const noexcept { ::SSL_CTX_free(context); }
  void operator()(BIO* bio) const noexcept { ::BIO_free(bio); }
  void operator()(X509* certificate) const noexcept { ::X509_free(certificate); }
};
template <class T>
using Owned = std::unique_ptr<T, Free>;

std::string reason() {
  const char* words = ::ERR_reason_error_string(::ERR_peek_error());
  std::string text = words != nullptr ? words : "unknown error";
  ::ERR_clear_error();
  return text;
}

[[noreturn]] void fail(const std::string& what) {
  throw TransportFailure(fmt::format("{} ({})", what, reason()), "Check the TLS settings.");
}

void trust_text(SSL_CTX& context, const std::string& text) {
  if (text.size() > INT_MAX) throw TransportFailure("ssl_ca_data is too long");
  const Owned<BIO> bio(::BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  X509_STORE* store = ::SSL_CTX_get_cert_store(&context);
  int count = 0;
  while (const Owned<X509> one{::PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)}) {
    if (::X509_STORE_add_cert(store, one.get()) != 1) fail("cannot use ssl_ca_data");
    ++count;
  }
  // The end of the text is an error to OpenSSL too.
  if (count == 0) fail("ssl_ca_data holds no certificate in PEM form");
  ::ERR_clear_error();
}

void trust(SSL_CTX& context, const Tls& tls) {
  if (!tls.ca_file.empty() &&
      ::SSL_CTX_load_verify_locations(&context, tls.ca_file.c_str(), nullptr) != 1) {
    fail(fmt::format("cannot read ssl_ca_certs '{}'", tls.ca_file));
  }
  if (!tls.ca_data.empty()) trust_text(context, tls.ca_data);
  if (tls.ca_file.empty() && tls.ca_data.empty()) ::SSL_CTX_set_default_verify_paths(&context);
}

void identify(SSL_CTX& context, const Tls& tls) {
  if (tls.certificate_file.empty()) return;
  // A key with a passphrase is an error; OpenSSL would ask for it on the terminal.
  ::SSL_CTX_set_default_passwd_cb(&context, [](char*, int, int, void*) { return -1; });
  if (::SSL_CTX_use_certificate_chain_file(&context, tls.certificate_file.c_str()) != 1) {
    fail(fmt::format("cannot read ssl_certfile '{}'", tls.certificate_file));
  }
  const std::string& key = tls.key_file.empty() ? tls.certificate_file : tls.key_file;
  if (::SSL_CTX_use_PrivateKey_file(&context, key.c_str(), SSL_FILETYPE_PEM) != 1) {
    fail(fmt::format("cannot read ssl_keyfile '{}'", key));
  }
}

}  // namespace

SSL_CTX* make_context(const Tls& tls) {
  Owned<SSL_CTX> context(::SSL_CTX_new(::TLS_client_method()));
  if (context == nullptr) fail("OpenSSL gives no context");
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  // What is left of a write may move: it stands in a string that grows.
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (tls.verify) trust(*context, tls);
  identify(*context, tls);
  ::SSL_CTX_set_verify(context.get(), tls.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  return context.release();
}

}  // namespace rqpp::tls
