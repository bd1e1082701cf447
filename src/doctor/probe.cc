#include "doctor/probe.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "redis/request.h"

#include <rqpp/error.h>

namespace rqpp::doctor {
namespace {

std::string in_lower_case(std::string_view word) {
  std::string lower(word);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

std::string name_in_info(redis::Batch::Encoded command) {
  constexpr std::array<std::string_view, 6> kFamilies{"CONFIG",  "CLIENT", "SLOWLOG",
                                                      "LATENCY", "MEMORY", "OBJECT"};
  if (command.script != nullptr) return "evalsha";
  const std::string_view name = redis::take_word(command.words);
  const bool group = std::find(kFamilies.begin(), kFamilies.end(), name) != kFamilies.end();
  if (!group || command.count < 2) return in_lower_case(name);
  return in_lower_case(name) + '|' + in_lower_case(redis::take_word(command.words));
}

std::int64_t size_of(const redis::Reply& reply) {
  constexpr std::int64_t kFrame = 6;  // `$12\r\n` and a line break
  std::int64_t size = kFrame + static_cast<std::int64_t>(reply.text.size());
  for (const redis::Reply& element : reply.elements) size += size_of(element);
  return size;
}

std::string at_what(const std::string& what, const char* error) {
  return fmt::format("The visit ended while it asked for {}: {}", what, error);
}

}  // namespace

Probe::Replies Probe::ask(const std::string& what, const redis::Batch& batch) {
  Replies replies = try_ask(what, batch);
  const auto refusal = std::find_if(replies.begin(), replies.end(),
                                    [](const redis::Reply& reply) { return reply.is_error(); });
  if (refusal != replies.end()) miss({what, refusal->text.substr(0, kMostNameBytes)});
  return replies;
}

Probe::Replies Probe::try_ask(const std::string& what, const redis::Batch& batch) {
  if (batch.empty()) return {};
  count(batch);
  try {
    Replies replies = connection_.try_run(batch);
    for (const redis::Reply& reply : replies) bytes_in_ += size_of(reply);
    return replies;
  } catch (const TimeoutError& error) {
    throw TimeoutError(at_what(what, error.what()));
  } catch (const ConnectionError& error) {
    throw ConnectionError(at_what(what, error.what()));
  }
}

void Probe::miss(Unseen unseen) {
  const bool known = std::any_of(unseen_.begin(), unseen_.end(), [&unseen](const Unseen& each) {
    return each.what == unseen.what;
  });
  if (!known) unseen_.push_back(std::move(unseen));
}

void Probe::count(const redis::Batch& batch) {
  bytes_out_ += static_cast<std::int64_t>(batch.bytes());
  for (std::size_t i = 0; i < batch.size(); ++i) ++calls_[name_in_info(batch.encoded(i))];
}

void Probe::count(const std::string& command, std::int64_t bytes_out, std::int64_t bytes_in) {
  ++calls_[command];
  bytes_out_ += bytes_out;
  bytes_in_ += bytes_in;
}

}  // namespace rqpp::doctor
