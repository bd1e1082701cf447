#include "redis/settings.h"

#include <fmt/format.h>

#include <iterator>

namespace rqpp::redis {
namespace {

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == '~';
}

std::string escaped(std::string_view text, std::string_view also_plain = "") {
  std::string out;
  for (const char c : text) {
    if (is_unreserved(c) || also_plain.find(c) != std::string_view::npos) {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return out;
}

// `user:password@`, or as much of it as there is.
std::string user_part(const Settings& settings, const std::string& password) {
  std::string out = escaped(settings.username);
  if (!password.empty()) out.append(":").append(escaped(password));
  return out.empty() ? out : out + "@";
}

std::string place(const Settings& settings, const std::string& user) {
  if (!settings.unix_path.empty()) {
    return fmt::format("unix://{}{}", user, escaped(settings.unix_path, "/"));
  }
  const bool ipv6 = settings.host.find(':') != std::string::npos;
  const std::string host = ipv6 ? "[" + escaped(settings.host, ":") + "]" : escaped(settings.host);
  return fmt::format("{}://{}{}:{}/{}", settings.tls.enabled ? "rediss" : "redis", user, host,
                     settings.port, settings.db);
}

class Query {
 public:
  void add(std::string_view name, std::string_view value) {
    out_.append(out_.empty() ? "?" : "&").append(name).append("=").append(escaped(value));
  }
  void add_text(std::string_view name, const std::string& value) {
    if (!value.empty()) add(name, value);
  }
  void add_timeout(std::string_view name, std::chrono::milliseconds value,
                   std::chrono::milliseconds usual) {
    if (value != usual) add(name, fmt::format("{}", static_cast<double>(value.count()) / 1000));
  }
  const std::string& text() const { return out_; }

 private:
  std::string out_{};
};

}  // namespace

std::string to_display(const Settings& settings) {
  Query query;
  if (!settings.unix_path.empty() && settings.db != 0) query.add("db", std::to_string(settings.db));
  return place(settings, user_part(settings, "")) + query.text();
}

std::string to_url(const Settings& settings) {
  const Settings usual;
  Query query;
  if (!settings.unix_path.empty()) query.add("db", std::to_string(settings.db));
  query.add_text("client_name", settings.client_name);
  query.add_timeout("socket_timeout", settings.io_timeout, usual.io_timeout);
  query.add_timeout("socket_connect_timeout", settings.connect_timeout, usual.connect_timeout);
  query.add_text("ssl_ca_certs", settings.tls.ca_file);
  query.add_text("ssl_ca_data", settings.tls.ca_data);
  query.add_text("ssl_certfile", settings.tls.certificate_file);
  query.add_text("ssl_keyfile", settings.tls.key_file);
  if (!settings.tls.verify) query.add("ssl_cert_reqs", "none");
  if (!settings.tls.check_host_name) query.add("ssl_check_hostname", "false");
  return place(settings, user_part(settings, settings.password)) + query.text();
}

}  // namespace rqpp::redis
