#include "config_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>

#include "base/did_you_mean.h"
#include "python_literal.h"
#include "words.h"

#include <rqpp/error.h>
#include <rqpp/value.h>

namespace rqpp::cli {
namespace {

/// What RQ or rqpp reads. RQ takes Sentry and logging from this file; rqpp leaves those alone.
const std::vector<std::string> kSettings{"REDIS_URL",
                                         "REDIS_HOST",
                                         "REDIS_PORT",
                                         "REDIS_DB",
                                         "REDIS_USERNAME",
                                         "REDIS_PASSWORD",
                                         "REDIS_SSL",
                                         "REDIS_SSL_CA_CERTS",
                                         "REDIS_SSL_CA_DATA",
                                         "REDIS_SSL_KEYFILE",
                                         "REDIS_SSL_CERTFILE",
                                         "REDIS_SSL_CERT_REQS",
                                         "QUEUES",
                                         "NAME",
                                         "SENTINEL",
                                         "SENTRY_DSN",
                                         "SENTRY_DEBUG",
                                         "SENTRY_CA_CERTS",
                                         "DICT_CONFIG"};

bool is_name(std::string_view word) {
  const auto may_be_inside = [](unsigned char c) { return std::isalnum(c) != 0 || c == '_'; };
  return !word.empty() && std::isdigit(static_cast<unsigned char>(word.front())) == 0 &&
         std::all_of(word.begin(), word.end(), may_be_inside);
}

bool is_known(std::string_view name) {
  return name.starts_with("REDIS_") || name == "QUEUES" || name == "NAME" || name == "SENTINEL";
}

/// One line of the file, and how to refuse it.
class Setting {
 public:
  Setting(std::string_view line, std::string place) : place_(std::move(place)) {
    const std::size_t equals = line.find('=');
    name_ = trimmed(line.substr(0, equals));
    // Nothing is quoted but names that mean something: a line may be a password, or a part of one.
    if (equals == std::string_view::npos || !is_name(name_)) {
      fail(
          "this line is not NAME = value. rqpp reads plain values from this file and runs no "
          "Python: write each setting as one such line");
    }
    try {
      value_ = parse_python_literal(trimmed(line.substr(equals + 1)));
    } catch (const DecodeError&) {
      fail(
          fmt::format("the value of {} is no literal of Python. rqpp runs no Python: write the "
                      "value itself in one line, a text in quotes, a number, True, False, None or "
                      "a list",
                      is_known(name_) ? name_ : "this setting"));
    }
  }

  std::string_view name() const { return name_; }
  bool is_none() const { return value_.is_null(); }

  /// As a variable of the environment would say it.
  std::string as_text() const {
    switch (value_.kind()) {
      case Value::Kind::string:
        return value_.as_string();
      case Value::Kind::integer:
        return std::to_string(value_.as_int());
      case Value::Kind::boolean:
        return value_.as_bool() ? "true" : "false";
      default:
        fail_value("a text in quotes, a number, True or False");
    }
  }

  std::vector<std::string> as_names() const {
    std::vector<std::string> names;
    const bool is_list = value_.kind() == Value::Kind::list || value_.kind() == Value::Kind::tuple;
    if (!is_list) fail_value("a list of texts, ['high', 'low']");
    for (const Value& item : value_.items()) {
      if (!item.is_string()) fail_value("a list of texts, ['high', 'low']");
      names.push_back(item.as_string());
    }
    return names;
  }

  [[noreturn]] void fail(const std::string& why) const { throw InvalidArgument(place_ + why); }

 private:
  [[noreturn]] void fail_value(const char* what) const {
    // The value itself may be a secret.
    fail(fmt::format("{} is of Python's type {}: write {}", name_, value_.type_name(), what));
  }

  std::string place_;
  std::string_view name_{};
  Value value_{};
};

/// RQ reads names in capitals as settings. An unknown one is a typo or a setting of another
/// program.
void check_name(const Setting& setting, Config& config) {
  const std::string name(setting.name());
  const bool is_setting =
      std::none_of(name.begin(), name.end(), [](unsigned char c) { return std::islower(c) != 0; });
  const bool is_known = std::find(kSettings.begin(), kSettings.end(), name) != kSettings.end();
  if (!is_setting || is_known) return;
  const std::string meant = base::did_you_mean(name, kSettings);
  if (!meant.empty()) setting.fail(fmt::format("{} is no setting.{}", name, meant));
  config.unknown.push_back(name);
}

void take(const Setting& setting, Config& config) {
  check_name(setting, config);
  if (setting.is_none()) return;
  const std::string_view name = setting.name();
  if (name.starts_with("REDIS_")) {
    config.redis[std::string(name)] = setting.as_text();
  } else if (name == "QUEUES") {
    config.queues = setting.as_names();
  } else if (name == "NAME") {
    config.name = setting.as_text();
  } else if (name == "SENTINEL") {
    setting.fail("SENTINEL is not supported: name the Redis to use with REDIS_URL");
  }
}

std::string file_of(const std::string& given) {
  std::error_code ignored;
  if (std::filesystem::exists(given, ignored)) return given;
  std::string module = given;
  std::replace(module.begin(), module.end(), '.', '/');
  module += ".py";
  return std::filesystem::exists(module, ignored) ? module : given;
}

}  // namespace

Config parse_config(std::string_view text, const std::string& file) {
  Config config;
  for (int number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    take(Setting(line, fmt::format("{}:{}: ", file, number)), config);
  }
  return config;
}

Config read_config(const std::string& file, const ReadFile& read) {
  const std::string found = file_of(file);
  return parse_config(read(found), found);
}

}  // namespace rqpp::cli
