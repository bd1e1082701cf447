// URLs as redis-py reads them (`redis.connection.parse_url`), but strict: what cannot be understood
// is an error that names it.

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "redis/settings.h"
#include "redis/url_options.h"
#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

constexpr int kMaxPort = 65'535;
// What a query option for seconds may say: a century, far from the range of milliseconds.
constexpr double kMaxSeconds = 3'155'760'000.0;
// sun_path less its final zero.
constexpr std::size_t kMaxSocketPath = 107;

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

class UrlParser {
 public:
  explicit UrlParser(std::string_view url) : url_(url) {}

  Settings parse() {
    if (url_.find('\0') != std::string_view::npos) fail("it holds a zero byte");
    const std::size_t end = url_.find("://");
    if (end == std::string_view::npos)
      fail("it does not begin with redis://, rediss:// or unix://");
    const std::string_view scheme = url_.substr(0, end);
    std::string_view rest = url_.substr(end + 3);
    const std::string_view authority = rest.substr(0, rest.find_first_of("/?#"));
    rest.remove_prefix(authority.size());
    // A slash in a password ends it too early; then what follows must not be quoted in an error.
    secret_ = rest.find('@') != std::string_view::npos ||
              rest.find("password=") != std::string_view::npos;
    rest = rest.substr(0, rest.find('#'));
    const std::size_t mark = std::min(rest.find('?'), rest.size());
    read_place(scheme, read_user(authority), rest.substr(0, mark));
    read_query(rest.substr(std::min(mark + 1, rest.size())));
    return settings_;
  }

  const std::vector<std::string>& ignored() const { return ignored_; }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    std::string message = fmt::format(
        "cannot read the Redis URL '{}': {}.{}", without_secrets(url_), why,
        secret_ ? " In a password write %2F for /, %3F for ?, %23 for #, %26 for & and %40 for @."
                : "");
    const auto is_control = [](char c) { return static_cast<unsigned char>(c) < ' ' || c == 0x7F; };
    std::replace_if(message.begin(), message.end(), is_control, '?');
    throw InvalidArgument(message);
  }

  std::string_view quotable(std::string_view text) const { return secret_ ? "***" : text; }

  std::string decoded(std::string_view text, std::string_view what) const {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '%') {
        out.push_back(text[i]);
        continue;
      }
      const int high = i + 1 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) {
        fail(fmt::format("a % in the {} is not followed by two hex digits; write %25", what));
      }
      if (high == 0 && low == 0) fail(fmt::format("the {} holds a zero byte", what));
      out.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    }
    return out;
  }

  void read_place(std::string_view scheme, std::string_view host, std::string_view path) {
    if (scheme == "unix") {
      if (!host.empty()) fail("the path of a socket is absolute; write unix:///path/to/redis.sock");
      read_socket(path);
      return;
    }
    if (scheme != "redis" && scheme != "rediss") {
      fail(fmt::format("the scheme '{}' is not redis, rediss or unix", scheme));
    }
    settings_.tls.enabled = scheme == "rediss";
    read_host(host);
    if (path.size() > 1) settings_.db = number(path.substr(1), "the database", 0, INT32_MAX);
  }

  // Reads `[[user]:password@]` or `user@` and returns what follows.
  std::string_view read_user(std::string_view authority) {
    const std::size_t at = authority.rfind('@');
    if (at == std::string_view::npos) return authority;
    const std::string_view user = authority.substr(0, at);
    const std::size_t colon = user.find(':');
    settings_.username = decoded(user.substr(0, colon), "user name");
    if (colon != std::string_view::npos) {
      settings_.password = decoded(user.substr(colon + 1), "password");
    }
    return authority.substr(at + 1);
  }

  void read_socket(std::string_view path) {
    settings_.unix_path = decoded(path, "path");
    if (settings_.unix_path.size() < 2)
      fail("it names no socket; write unix:///path/to/redis.sock");
    if (settings_.unix_path.size() > kMaxSocketPath) {
      fail(fmt::format("the path of a socket has at most {} bytes, this one {}", kMaxSocketPath,
                       settings_.unix_path.size()));
    }
  }

  void read_host(std::string_view text) {
    std::string_view host = text;
    std::string_view port;
    bool has_port = false;
    if (!text.empty() && text.front() == '[') {
      const std::size_t bracket = text.find(']');
      if (bracket == std::string_view::npos) fail("the [ of the host has no ]");
      host = text.substr(1, bracket - 1);
      const std::string_view behind = text.substr(bracket + 1);
      has_port = !behind.empty();
      if (has_port && behind.front() != ':') fail("after the ] of the host comes neither : nor /");
      port = has_port ? behind.substr(1) : behind;
      if (host.empty()) fail("the host is empty");
    } else if (const std::size_t colon = text.rfind(':'); colon != std::string_view::npos) {
      host = text.substr(0, colon);
      port = text.substr(colon + 1);
      has_port = true;
      if (host.find(':') != std::string_view::npos) fail("an IPv6 host needs [ and ] around it");
    }
    if (!host.empty()) settings_.host = decoded(host, "host");
    if (has_port && !port.empty()) settings_.port = number(port, "port", 1, kMaxPort);
  }

  int number(std::string_view text, std::string_view what, int least, int most) const {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
      fail(fmt::format("{} '{}' is not a number", what, quotable(text)));
    }
    if (error == std::errc::result_out_of_range || value < least || value > most) {
      fail(fmt::format("{} '{}' is not between {} and {}", what, quotable(text), least, most));
    }
    return value;
  }

  void read_query(std::string_view query) {
    while (!query.empty()) {
      const std::size_t end = std::min(query.find('&'), query.size());
      const std::string_view option = query.substr(0, end);
      query.remove_prefix(std::min(end + 1, query.size()));
      if (option.empty()) continue;
      const std::size_t equals = option.find('=');
      if (equals == std::string_view::npos) {
        fail(fmt::format("the option '{}' has no value", quotable(option)));
      }
      const std::string_view name = option.substr(0, equals);
      read_option(name, decoded(option.substr(equals + 1), "query"));
    }
  }

  void read_option(std::string_view name, const std::string& value) {
    if (std::string* text = text_option(name)) {
      *text = value;
    } else if (name == "db") {
      settings_.db = number(value, "db", 0, INT32_MAX);
    } else if (name == "socket_timeout") {
      settings_.io_timeout = seconds(name, value);
    } else if (name == "socket_connect_timeout") {
      settings_.connect_timeout = seconds(name, value);
    } else if (name == "ssl_cert_reqs") {
      read_cert_reqs(value);
    } else if (name == "ssl_check_hostname") {
      settings_.tls.check_host_name = yes_or_no(name, value);
    } else if (name == "ssl_validate_ocsp" || name == "ssl_validate_ocsp_stapled") {
      if (yes_or_no(name, value)) fail(fmt::format("rqpp cannot do what {} asks for", name));
    } else if (name == "ssl_ca_path" || name == "ssl_password" || name == "ssl_ciphers") {
      fail(fmt::format("rqpp cannot do what {} asks for", name));
    } else if (is_ignored_option(name)) {
      ignored_.emplace_back(name);
    } else {
      fail(fmt::format("there is no option '{}'", quotable(name)));
    }
  }

  std::string* text_option(std::string_view name) {
    if (name == "username") return &settings_.username;
    if (name == "password") return &settings_.password;
    if (name == "client_name") return &settings_.client_name;
    if (name == "ssl_ca_certs") return &settings_.tls.ca_file;
    if (name == "ssl_ca_data") return &settings_.tls.ca_data;
    if (name == "ssl_certfile") return &settings_.tls.certificate_file;
    if (name == "ssl_keyfile") return &settings_.tls.key_file;
    return nullptr;
  }

  void read_cert_reqs(const std::string& value) {
    // Python's CERT_OPTIONAL is CERT_REQUIRED for a client.
    if (value != "none" && value != "optional" && value != "required") {
      fail(fmt::format("ssl_cert_reqs '{}' is not none or required", quotable(value)));
    }
    settings_.tls.verify = value != "none";
  }

  bool yes_or_no(std::string_view name, std::string value) const {
    std::transform(value.begin(), value.end(), value.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    for (const char* word : {"true", "t", "yes", "y", "1"}) {
      if (value == word) return true;
    }
    for (const char* word : {"false", "f", "no", "n", "0"}) {
      if (value == word) return false;
    }
    fail(fmt::format("{} '{}' is not true or false", name, quotable(value)));
  }

  // Any fraction of seconds; 0 and None are no timeout.
  std::chrono::milliseconds seconds(std::string_view name, const std::string& value) const {
    if (value == "None") return std::chrono::milliseconds{0};
    double number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    if (error != std::errc{} || end != value.data() + value.size() || !(number >= 0) ||
        number > kMaxSeconds) {
      fail(fmt::format("{} '{}' is not a number of seconds", name, quotable(value)));
    }
    return std::chrono::milliseconds{std::llround(std::ceil(number * 1000))};
  }

  std::string_view url_;
  bool secret_ = false;  // parts of a password may stand where they do not belong
  Settings settings_{};
  std::vector<std::string> ignored_{};
};

}  // namespace

Settings parse_url(std::string_view url) { return UrlParser(url).parse(); }

std::vector<std::string> ignored_options(std::string_view url) {
  UrlParser parser(url);
  parser.parse();
  return parser.ignored();
}

}  // namespace rqpp::redis
