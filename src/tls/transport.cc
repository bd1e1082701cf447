#include "tls/transport.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <climits>

#include "tls/context.h"

namespace rqpp::tls {

using redis::IoState;
using redis::Settings;
using redis::Transport;
using redis::TransportFailure;

namespace {

constexpr const char* kNotTlsAdvice = "Use redis:// if this server speaks no TLS.";
constexpr const char* kVerifyAdvice =
    "Name the right authority in ssl_ca_certs or REDIS_SSL_CA_CERTS.";
constexpr const char* kHostAdvice =
    "Connect by a name that the certificate holds, or set ssl_check_hostname=false.";
constexpr const char* kClientAdvice =
    "Name our certificate in ssl_certfile and its key in ssl_keyfile.";
constexpr const char* kMaybeClientAdvice =
    "If Redis asks for a certificate, name ours in ssl_certfile and its key in ssl_keyfile.";

int descriptor_of(BIO* bio) { return *static_cast<const int*>(::BIO_get_data(bio)); }

// OpenSSL's own socket BIO raises SIGPIPE in a process that does not ignore it.
int send_bytes(BIO* bio, const char* bytes, int size) {
  ::BIO_clear_retry_flags(bio);
  const auto sent = ::send(descriptor_of(bio), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_write(bio);
  return static_cast<int>(sent);
}

int receive_bytes(BIO* bio, char* room, int size) {
  ::BIO_clear_retry_flags(bio);
  const auto got = ::recv(descriptor_of(bio), room, static_cast<std::size_t>(size), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) BIO_set_retry_read(bio);
  return static_cast<int>(got);
}

long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

BIO_METHOD* socket_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = ::BIO_meth_new(::BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "rqpp socket");
    ::BIO_meth_set_write(made, send_bytes);
    ::BIO_meth_set_read(made, receive_bytes);
    ::BIO_meth_set_ctrl(made, control);
    return made;
  }();
  return method;
}

// The descriptor stays the caller's, and where it is.
BIO* make_bio(int* descriptor) {
  BIO* bio = ::BIO_new(socket_method());
  ::BIO_set_data(bio, descriptor);
  ::BIO_set_init(bio, 1);
  return bio;
}

bool is_host_mismatch(long verdict) {
  return verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH;
}

bool is_client_refusal(int reason) {
  return reason == SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED ||
         reason == SSL_R_SSLV3_ALERT_HANDSHAKE_FAILURE ||
         reason == SSL_R_SSLV3_ALERT_BAD_CERTIFICATE || reason == SSL_R_TLSV1_ALERT_UNKNOWN_CA;
}

}  // namespace

TlsTransport::TlsTransport(const Settings& settings)
    : socket_(settings), host_(settings.host), tls_(settings.tls), context_(make_context(tls_)) {}

TlsTransport::~TlsTransport() {
  // Tells the server goodbye as far as that goes at once.
  if (session_ != nullptr && ::SSL_is_init_finished(session_.get()) != 0) {
    ::SSL_shutdown(session_.get());
  }
  ::ERR_clear_error();
}

void TlsTransport::begin() {
  session_.reset(::SSL_new(context_.get()));
  if (session_ == nullptr) throw TransportFailure("OpenSSL has no memory for a session");
  descriptor_ = socket_.fd();
  BIO* bio = make_bio(&descriptor_);
  ::SSL_set_bio(session_.get(), bio, bio);
  X509_VERIFY_PARAM* checks = ::SSL_get0_param(session_.get());
  const bool by_name = tls_.verify && tls_.check_host_name;
  // An address is compared with the certificate's addresses, and it is no name for SNI.
  unsigned char binary[16];
  const bool is_address = ::inet_pton(AF_INET, host_.c_str(), binary) == 1 ||
                          ::inet_pton(AF_INET6, host_.c_str(), binary) == 1;
  if (is_address) {
    if (by_name) ::X509_VERIFY_PARAM_set1_ip_asc(checks, host_.c_str());
    return;
  }
  if (by_name) ::SSL_set1_host(session_.get(), host_.c_str());
  SSL_set_tlsext_host_name(session_.get(), host_.c_str());
}

IoState TlsTransport::connect() {
  if (!connected_) {
    const IoState state = socket_.connect();
    if (state != IoState::done) return state;
    connected_ = true;
    begin();
  }
  ::ERR_clear_error();
  const int result = ::SSL_connect(session_.get());
  return result == 1 ? IoState::done : wait_or_fail(result);
}

Transport::Moved TlsTransport::read(std::span<char> room) {
  ::ERR_clear_error();
  const int size = static_cast<int>(std::min<std::size_t>(room.size(), INT_MAX));
  const int got = ::SSL_read(session_.get(), room.data(), size);
  if (got <= 0) return {0, wait_or_fail(got)};
  heard_ = true;
  return {static_cast<std::size_t>(got), IoState::done};
}

Transport::Moved TlsTransport::write(std::string_view bytes) {
  ::ERR_clear_error();
  const int size = static_cast<int>(std::min<std::size_t>(bytes.size(), INT_MAX));
  const int sent = ::SSL_write(session_.get(), bytes.data(), size);
  if (sent > 0) return {static_cast<std::size_t>(sent), IoState::done};
  return {0, wait_or_fail(sent)};
}

IoState TlsTransport::wait_or_fail(int result) const {
  const int error_number = errno;
  const int error = ::SSL_get_error(session_.get(), result);
  if (error == SSL_ERROR_WANT_READ) return IoState::wants_read;
  if (error == SSL_ERROR_WANT_WRITE) return IoState::wants_write;
  const unsigned long queued = ::ERR_get_error();
  if (error == SSL_ERROR_SYSCALL && queued == 0 && error_number != 0 && result < 0) {
    // With TLS 1.3 a server refuses after the handshake, and its reset may overtake its reason.
    const bool maybe_refused = !heard_ && tls_.certificate_file.empty();
    throw TransportFailure(base::errno_text(error_number), maybe_refused ? kMaybeClientAdvice : "");
  }
  fail(error, queued);
}

void TlsTransport::fail(int error, unsigned long queued) const {
  const int reason = ERR_GET_REASON(queued);
  if (error == SSL_ERROR_ZERO_RETURN || queued == 0 ||
      reason == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    throw TransportFailure("Redis closed the connection");
  }
  const long verdict = ::SSL_get_verify_result(session_.get());
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verdict != X509_V_OK) {
    throw TransportFailure(fmt::format("the server's certificate is not valid: {}",
                                       ::X509_verify_cert_error_string(verdict)),
                           is_host_mismatch(verdict) ? kHostAdvice : kVerifyAdvice);
  }
  const char* words = ::ERR_reason_error_string(queued);
  const std::string text =
      fmt::format("TLS failed: {}", words != nullptr ? words : "unknown error");
  if (is_client_refusal(reason)) throw TransportFailure(text, kClientAdvice);
  if (reason == SSL_R_WRONG_VERSION_NUMBER) throw TransportFailure(text, kNotTlsAdvice);
  throw TransportFailure(text, "Check the TLS settings of both sides.");
}

}  // namespace rqpp::tls

// What librqpp asks this library for.
extern "C" __attribute__((visibility("default"))) rqpp::redis::Transport* rqpp_make_tls_transport(
    const rqpp::redis::Settings& settings) {
  return new rqpp::tls::TlsTransport(settings);
}
