#include "redis/url_options.h"

#include <algorithm>
#include <array>

namespace rqpp::redis {
namespace {

using namespace std::string_view_literals;

constexpr std::array kIgnored{"decode_responses"sv, "encoding"sv,
                              "encoding_errors"sv,  "lib_name"sv,
                              "lib_version"sv,      "health_check_interval"sv,
                              "max_connections"sv,  "protocol"sv,
                              "retry_on_error"sv,   "retry_on_timeout"sv,
                              "socket_keepalive"sv, "socket_read_size"sv,
                              "timeout"sv,          "ssl_exclude_verify_flags"sv};
constexpr std::array kHarmless{"client_name"sv,
                               "db"sv,
                               "socket_connect_timeout"sv,
                               "socket_timeout"sv,
                               "ssl_ca_certs"sv,
                               "ssl_ca_path"sv,
                               "ssl_ca_path"sv,
                               "ssl_cert_reqs"sv,
                               "ssl_certfile"sv,
                               "ssl_ciphers"sv,
                               "ssl_keyfile"sv,
                               "ssl_check_hostname"sv,
                               "ssl_validate_ocsp"sv,
                               "username"sv,
                               "ssl_validate_ocsp_stapled"sv};

template <class Names>
bool is_among(const Names& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string without_user_password(std::string_view url) {
  std::string shown(url);
  const std::size_t scheme = shown.find("://");
  const std::size_t begin = scheme == std::string::npos ? 0 : scheme + 3;
  const std::size_t at = shown.rfind('@');
  if (at == std::string::npos || at < begin) return shown;
  const std::size_t colon = shown.find(':', begin);
  const std::size_t from = colon < at ? colon + 1 : begin;
  return shown.replace(from, at - from, "***");
}

}  // namespace

bool is_ignored_option(std::string_view name) { return is_among(kIgnored, name); }

std::string without_secrets(std::string_view url) {
  std::string shown = without_user_password(url);
  const std::size_t mark = shown.find('?');
  if (mark == std::string::npos) return shown;
  for (std::size_t at = mark + 1; at < shown.size();) {
    const std::size_t end = std::min(shown.find('&', at), shown.size());
    const std::string_view option = std::string_view(shown).substr(at, end - at);
    const std::string_view name = option.substr(0, option.find('='));
    const bool may_be_shown = name.empty() || is_among(kHarmless, name) || is_ignored_option(name);
    if (!may_be_shown) {
      // Behind it may stand what belongs to it, an & that was not escaped.
      const std::size_t kept = at + (name.size() < option.size() ? name.size() + 1 : 0);
      return shown.erase(kept).append("***");
    }
    at = end + 1;
  }
  return shown;
}

}  // namespace rqpp::redis
