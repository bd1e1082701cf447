#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <iterator>
#include <string>

#include "redis/connection.h"
#include "rqpp/error.h"
#include "sandbox/ephemeral_server.h"
#include "support/certificates.h"
#include "support/test_server.h"

namespace rqpp::redis {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

const test::Certificates& certificates() {
  static const test::Certificates made;
  return made;
}

sandbox::EphemeralServer::Options with_tls(const std::string& certificate, bool ask_clients) {
  return {.tls =
              sandbox::EphemeralServer::Tls{.ca = certificates().ca(),
                                            .certificate = certificates().certificate(certificate),
                                            .key = certificates().key(certificate),
                                            .ask_clients = ask_clients}};
}

std::string text_of(const std::filesystem::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

/// What a PING over these settings says: PONG or the error.
std::string ping(const Settings& settings) {
  Connection connection(settings);
  try {
    return connection.run(Batch().add("PING")).at(0).text;
  } catch (const Error& error) {
    return error.what();
  }
}

class TlsTest : public testing::Test {
 protected:
  sandbox::EphemeralServer server{with_tls("server", false)};
  Settings settings = server.tls_settings();
};

TEST_F(TlsTest, ConnectsByAddressAndByName) {
  EXPECT_EQ(ping(settings), "PONG");
  settings.host = "localhost";
  EXPECT_EQ(ping(settings), "PONG");
}

TEST_F(TlsTest, TakesTheAuthorityAsText) {
  settings.tls.ca_file.clear();
  settings.tls.ca_data = text_of(certificates().other_ca()) + text_of(certificates().ca());

  EXPECT_EQ(ping(settings), "PONG");
}

TEST_F(TlsTest, MovesLargeValuesBothWays) {
  std::string value(std::size_t{10} << 20, 'x');
  for (std::size_t i = 0; i < value.size(); i += 1021) value[i] = static_cast<char>(i);
  Connection connection(settings);

  const auto replies = connection.run(Batch().add("SET", "k", value).add("GET", "k"));

  EXPECT_TRUE(replies.at(1).text == value);
}

TEST_F(TlsTest, KeepsManyCommandsInOrder) {
  Connection connection(settings);
  Batch batch;
  for (int i = 0; i < 10'000; ++i) batch.add("INCR", "n");

  EXPECT_EQ(connection.run(batch).back().number, 10'000);
}

TEST_F(TlsTest, RefusesAnUnknownAuthority) {
  settings.tls.ca_file = certificates().other_ca();

  EXPECT_THAT(ping(settings), StartsWith("cannot reach " + to_display(settings) +
                                         ": the server's certificate is not valid: "));
  EXPECT_THAT(ping(settings), HasSubstr("Name the right authority in ssl_ca_certs"));
  settings.tls.ca_file.clear();
  EXPECT_THAT(ping(settings), HasSubstr("the server's certificate is not valid: "));
}

TEST_F(TlsTest, AcceptsAnyCertificateWhenToldTo) {
  settings.tls.ca_file.clear();
  settings.tls.verify = false;

  EXPECT_EQ(ping(settings), "PONG");
}

TEST_F(TlsTest, SaysWhichFileItCannotRead) {
  settings.tls.ca_file = "/nowhere/ca.pem";
  EXPECT_THAT(ping(settings), HasSubstr("cannot read ssl_ca_certs '/nowhere/ca.pem' ("));

  settings.tls.ca_file = certificates().ca();
  settings.tls.certificate_file = "/nowhere/client.pem";
  EXPECT_THAT(ping(settings), HasSubstr("cannot read ssl_certfile '/nowhere/client.pem' ("));

  settings.tls.certificate_file = certificates().certificate("client");
  settings.tls.key_file = certificates().key("server");
  EXPECT_THAT(ping(settings), HasSubstr("cannot read ssl_keyfile '"));

  settings = server.tls_settings();
  settings.tls.ca_data = "no PEM at all";
  EXPECT_THAT(ping(settings), HasSubstr("ssl_ca_data holds no certificate in PEM form"));
}

TEST_F(TlsTest, SaysThatAServerSpeaksNoTls) {
  Settings plain = test::server().tcp_settings();
  plain.tls = settings.tls;

  plain.connect_timeout = std::chrono::milliseconds{100};

  EXPECT_THAT(ping(plain), HasSubstr("or use redis:// if it speaks no TLS."));
}

TEST_F(TlsTest, SaysThatTheConnectionWasClosedWhenItSpeaksNoTlsItself) {
  Settings plain = settings;
  plain.tls = {};

  EXPECT_THAT(ping(plain), StartsWith("cannot reach redis://127.0.0.1:"));
}

TEST_F(TlsTest, ReconnectsAndRaisesNoSignal) {
  ASSERT_NE(std::signal(SIGPIPE, SIG_DFL), SIG_ERR);
  Connection connection(settings);
  connection.run(Batch().add("PING"));

  server.stop();
  EXPECT_THROW(connection.run(Batch().add("PING")), ConnectionError);
  server.start();

  EXPECT_EQ(connection.run(Batch().add("PING")).at(0).text, "PONG");
}

TEST(TlsHostTest, RefusesACertificateForAnotherHost) {
  const sandbox::EphemeralServer server(with_tls("stranger", false));
  Settings settings = server.tls_settings();

  EXPECT_THAT(ping(settings), HasSubstr("IP address mismatch"));
  settings.host = "localhost";
  EXPECT_THAT(ping(settings), HasSubstr("hostname mismatch"));
  EXPECT_THAT(ping(settings), HasSubstr("or set ssl_check_hostname=false."));
  settings.tls.check_host_name = false;
  EXPECT_EQ(ping(settings), "PONG");
}

TEST(TlsClientTest, ShowsItsOwnCertificateWhenItHasOne) {
  const sandbox::EphemeralServer server(with_tls("server", true));
  Settings settings = server.tls_settings();

  const std::string without = ping(settings);
  settings.tls.certificate_file = certificates().certificate("client");
  settings.tls.key_file = certificates().key("client");

  EXPECT_THAT(without, HasSubstr("in ssl_certfile and its key in ssl_keyfile."));
  EXPECT_EQ(ping(settings), "PONG");
}

}  // namespace
}  // namespace rqpp::redis
