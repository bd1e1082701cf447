#include "protocol/control.h"

#include <fmt/format.h>

#include <cstddef>
#include <utility>

#include "codec/json.h"
#include "codec/repr.h"
#include "protocol/keys.h"

#include <rqpp/error.h>
#include <rqpp/value.h>

namespace rqpp::protocol {
namespace {

constexpr std::size_t kMostBytes = std::size_t{64} << 10;

redis::Batch publish(std::string_view worker, Value::Pairs message) {
  return redis::Batch{}.add("PUBLISH", keys::commands(worker),
                            codec::write_json(Value::dict(std::move(message))));
}

/// A text that a command cannot do without.
const std::string& text_in(const Value& message, std::string_view field) {
  const Value* value = message.find(field);
  if (value == nullptr || !value->is_string() || value->as_string().empty()) {
    throw DecodeError(fmt::format("a message to the worker has no text as its '{}': {}", field,
                                  codec::short_repr(message)));
  }
  return value->as_string();
}

Value read_message(std::string_view message) {
  if (message.size() > kMostBytes) {
    throw DecodeError(fmt::format("a message to the worker has {} bytes: {} are allowed",
                                  message.size(), kMostBytes));
  }
  try {
    Value value = codec::read_json(message);
    if (value.kind() == Value::Kind::dict) return value;
  } catch (const DecodeError& error) {
    throw DecodeError(fmt::format("a message to the worker, {}, is not JSON: {}",
                                  codec::quoted(message), error.what()));
  }
  throw DecodeError(
      fmt::format("a message to the worker, {}, is no JSON object", codec::quoted(message)));
}

}  // namespace

redis::Batch shutdown(std::string_view worker) {
  return publish(worker, {{"command", "shutdown"}});
}

redis::Batch kill_horse(std::string_view worker) {
  return publish(worker, {{"command", "kill-horse"}});
}

redis::Batch stop_job(std::string_view worker, std::string_view job_id) {
  return publish(worker, {{"command", "stop-job"}, {"job_id", job_id}});
}

redis::Batch stop_execution(std::string_view worker, std::string_view job_id,
                            std::string_view execution_id) {
  return publish(
      worker, {{"command", "stop-execution"}, {"job_id", job_id}, {"execution_id", execution_id}});
}

std::optional<Command> read_command(std::string_view message) {
  const Value fields = read_message(message);
  const std::string& command = text_in(fields, "command");
  if (command == "shutdown") return Shutdown{};
  if (command == "kill-horse") return KillHorse{};
  if (command == "stop-job") return StopJob{text_in(fields, "job_id")};
  if (command == "stop-execution") {
    return StopExecution{text_in(fields, "job_id"), text_in(fields, "execution_id")};
  }
  return std::nullopt;
}

}  // namespace rqpp::protocol
