#include "protocol/webhooks.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "codec/json.h"
#include "codec/timestamp.h"
#include "protocol/json_list.h"

#include <rqpp/error.h>
#include <rqpp/value.h>

namespace rqpp::protocol {
namespace {

constexpr std::size_t kMostWebhooks = 100;
constexpr std::size_t kMostBytesOfWebhooks = std::size_t{1} << 20;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

bool is_web_address(std::string_view url) {
  const std::string start = lower(url.substr(0, 8));
  const std::size_t host = start.starts_with("http://") ? 7 : start.starts_with("https://") ? 8 : 0;
  if (host == 0 || host >= url.size()) return false;
  if (url[host] == '/' || url[host] == '?' || url[host] == '#') return false;
  return std::none_of(url.begin(), url.end(),
                      [](char c) { return (c >= 0 && c <= ' ') || c == '\x7f'; });
}

/// One line of `name: value`.
bool is_header(std::string_view name, std::string_view value) {
  constexpr std::string_view kBreaks("\r\n\0", 3);
  constexpr std::string_view kNoName("\r\n\0:; \t", 7);
  return !name.empty() && name.find_first_of(kNoName) == std::string_view::npos &&
         value.find_first_of(kBreaks) == std::string_view::npos;
}

// RQ's rules.
void check(const Webhook& webhook) {
  const auto refuse = [&webhook](std::string_view why) {
    throw InvalidArgument(
        fmt::format("the webhook '{}' is not allowed: {}", webhook.url.substr(0, 200), why));
  };
  if (!is_web_address(webhook.url)) refuse("its URL does not begin with http:// or https://");
  if (webhook.job_status != Status::finished && webhook.job_status != Status::failed) {
    refuse("its job_status is neither finished nor failed");
  }
  if (webhook.timeout < std::chrono::seconds{1}) refuse("its timeout is below 1 s");
  for (const auto& [name, value] : webhook.headers) {
    if (!is_header(name, value)) refuse(fmt::format("'{}' is no header", name.substr(0, 60)));
  }
}

Value to_object(const Webhook& webhook) {
  Value::Pairs headers;
  for (const auto& [name, value] : webhook.headers) headers.emplace_back(name, value);
  return Value::dict({{"url", webhook.url},
                      {"job_status", to_string(webhook.job_status)},
                      {"method", webhook.method == Webhook::Method::get ? "GET" : "POST"},
                      {"headers", headers.empty() ? Value() : Value::dict(std::move(headers))},
                      {"timeout", webhook.timeout.count()}});
}

Webhook::Method read_method(const Value& object) {
  const Value* method = object.find("method");
  if (method == nullptr || method->as_string() == "GET") return Webhook::Method::get;
  if (method->as_string() == "POST") return Webhook::Method::post;
  throw DecodeError("its method is neither GET nor POST");
}

Webhook read_webhook(const Value& object) {
  const auto status = status_from(object.at("job_status").as_string());
  if (!status) throw DecodeError("its job_status is no status");
  Webhook webhook{
      .url = object.at("url").as_string(), .job_status = *status, .method = read_method(object)};
  if (const Value* headers = object.find("headers"); headers != nullptr && !headers->is_null()) {
    for (const auto& [name, value] : headers->pairs()) {
      // Python sends a number as its text.
      webhook.headers.emplace_back(name.as_string(), value.kind() == Value::Kind::integer
                                                         ? std::to_string(value.as_int())
                                                         : value.as_string());
    }
  }
  if (const Value* timeout = object.find("timeout")) {
    webhook.timeout = std::chrono::seconds{timeout->as_int()};
  }
  check(webhook);
  return webhook;
}

/// As Python's `datetime.isoformat()` in UTC, which leaves out a fraction of zero.
Value iso_time(const std::optional<Time>& time) {
  if (!time) return {};
  std::string text = codec::format_iso(*time);
  text.pop_back();
  constexpr std::string_view kNoFraction = ".000000";
  if (text.ends_with(kNoFraction)) text.resize(text.size() - kNoFraction.size());
  return text + "+00:00";
}

}  // namespace

std::string new_webhooks(std::span<const Webhook> webhooks) {
  if (webhooks.empty()) return {};
  if (webhooks.size() > kMostWebhooks) {
    throw InvalidArgument(
        fmt::format("a job has {} webhooks: use at most {}", webhooks.size(), kMostWebhooks));
  }
  Value::Items list;
  for (const Webhook& webhook : webhooks) {
    check(webhook);
    list.push_back(to_object(webhook));
  }
  return codec::write_json(Value::list(std::move(list)));
}

std::vector<Webhook> read_webhooks(std::string_view json) {
  return read_json_list("webhooks", json, {.bytes = kMostBytesOfWebhooks, .items = kMostWebhooks},
                        read_webhook);
}

std::string webhook_body(const Ending& ending) {
  Value::Pairs body{{"job_id", ending.job_id},
                    {"func_name", ending.func_name ? Value(*ending.func_name) : Value()},
                    {"status", to_string(ending.status)},
                    {"enqueued_at", iso_time(ending.enqueued_at)},
                    {"ended_at", iso_time(ending.ended_at)}};
  if (ending.status == Status::failed) body.emplace_back("exc_info", ending.exc_info);
  return codec::write_json(Value::dict(std::move(body)));
}

}  // namespace rqpp::protocol
