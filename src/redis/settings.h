#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace rqpp::redis {

/// How a connection is encrypted.
struct Tls {
  bool enabled = false;
  std::string ca_file{};           ///< PEM file of trusted authorities; empty: the system's.
  std::string ca_data{};           ///< The same as text.
  std::string certificate_file{};  ///< Our certificate, when Redis asks for one.
  std::string key_file{};          ///< Its key; empty: in certificate_file.
  bool verify = true;              ///< Check the server's certificate.
  bool check_host_name = true;     ///< Check that it was issued for the host. Needs verify.

  bool operator==(const Tls&) const = default;
};

/// Where Redis is and how to greet it.
struct Settings {
  std::string host = "localhost";
  int port = 6379;          ///< 1 to 65535.
  std::string unix_path{};  ///< A Unix socket; when set, host and port mean nothing.
  int db = 0;               ///< 0 or more.
  std::string username{};   ///< Empty: Redis' default user.
  std::string password{};
  std::string client_name{};  ///< Shown by CLIENT LIST; no blanks. Empty: none.
  Tls tls{};
  std::chrono::milliseconds connect_timeout{5'000};  ///< Until Redis has greeted back; 0: for ever.
  std::chrono::milliseconds io_timeout{30'000};      ///< For the answer to a batch; 0: for ever.
  /// About how many bytes one reply has at most; one with more ends the connection.
  std::size_t max_reply_bytes = SIZE_MAX;

  bool operator==(const Settings&) const = default;
};

/// Reads a URL as RQ and redis-py take them: `redis://[[user]:password@]host[:port][/db]`,
/// `rediss://` for TLS, `unix://[user:password@]/path[?db=n]`, with percent-escapes and redis-py's
/// query options (db, username, password, client_name, socket_timeout and socket_connect_timeout in
/// seconds, ssl_ca_certs, ssl_ca_data, ssl_certfile, ssl_keyfile, ssl_cert_reqs,
/// ssl_check_hostname); see ignored_options(). Throws InvalidArgument without secrets.
Settings parse_url(std::string_view url);

/// The URL of these settings without any password, for messages: `redis://worker@db:6379/0`.
std::string to_display(const Settings& settings);
/// The full URL of these settings, password included: parse_url() reads it back (all but timeouts
/// below a millisecond). Never log it.
std::string to_url(const Settings& settings);

/// Looks up an environment variable.
using Environment = std::function<std::optional<std::string>(const char* name)>;
/// The environment of this process.
Environment process_environment();

/// What the environment says about Redis.
struct FoundSettings {
  Settings settings{};
  std::string
      source{};  ///< What said so: `--url`, `RQ_REDIS_URL`, `REDIS_HOST`; empty: nothing did.

  bool configured() const { return !source.empty(); }
};

/// Settings in RQ's order: `url` if given (a `--url` option), RQ_REDIS_URL, REDIS_URL, then
/// REDIS_HOST, REDIS_PORT, REDIS_DB, REDIS_USERNAME, REDIS_PASSWORD, REDIS_SSL and REDIS_SSL_*,
/// else redis://localhost:6379/0. Empty variables count as unset. Throws InvalidArgument naming the
/// variable.
FoundSettings from_environment(std::optional<std::string_view> url, const Environment& lookup);

}  // namespace rqpp::redis
