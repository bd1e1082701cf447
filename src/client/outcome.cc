#include "client/outcome.h"

#include <fmt/format.h>

#include "codec/serialize.h"

namespace rqpp::client {
namespace {

using Type = protocol::ResultRecord::Type;

[[noreturn]] void throw_failure(std::string_view job_id, std::string_view error) {
  const std::string_view line = last_line(error);
  if (line.empty()) {
    throw TaskError(fmt::format("job '{}' failed and left no text that says why", job_id));
  }
  std::string text = fmt::format("job '{}' failed: {}", job_id, line);
  if (line.size() < error.size()) text.append("\n").append(error);
  throw TaskError(text);
}

Value decode(std::string_view job_id, const std::string& bytes) {
  if (bytes.empty()) return {};
  try {
    Value value = codec::deserialize(bytes);
    if (const Opaque* object = value.find_opaque()) {
      throw DecodeError(
          fmt::format("it holds a Python object of type '{}.{}'; let the task return plain data",
                      object->module, object->name));
    }
    return value;
  } catch (const DecodeError& error) {
    throw DecodeError(fmt::format("cannot read the result of job '{}': {}", job_id, error.what()));
  }
}

}  // namespace

std::string_view last_line(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  text = text.substr(0, text.find(protocol::kOutputHeading));
  const std::size_t end = text.find_last_not_of(kBlanks);
  if (end == std::string_view::npos) return {};
  text = text.substr(0, end + 1);
  const std::size_t before = text.rfind('\n');
  return before == std::string_view::npos ? text : text.substr(before + 1);
}

NoSuchJob no_such_job(std::string_view job_id) {
  return NoSuchJob(
      fmt::format("there is no job '{}': it was never enqueued here, was deleted, or "
                  "its time to live is over",
                  job_id));
}

std::optional<Value> result_of(std::string_view job_id, const protocol::ResultRecord& run) {
  switch (run.type) {
    case Type::successful:
      return decode(job_id, run.return_value);
    case Type::retried:
      return std::nullopt;
    case Type::max_retries_exceeded:
      throw TaskError(
          fmt::format("job '{}' failed: it asked for another run once too often", job_id));
    case Type::failed:
    case Type::stopped:
      break;
  }
  throw_failure(job_id, run.exc_info);
}

std::optional<Value> result_of(std::string_view job_id, const protocol::NewestOutcome& newest) {
  const bool succeeded = newest.result && newest.result->type == Type::successful;
  if (!newest.status) {
    // RQ keeps results of a job that was deleted; no other run can follow.
    std::optional<Value> left = newest.result ? result_of(job_id, *newest.result) : std::nullopt;
    if (!left) throw no_such_job(job_id);
    return left;
  }
  if (!has_ended(*newest.status)) return std::nullopt;
  if (*newest.status == Status::canceled) {
    throw TaskError(fmt::format("job '{}' was canceled", job_id));
  }
  if (*newest.status == Status::finished) {
    if (succeeded) return result_of(job_id, *newest.result);
    throw NoSuchJob(fmt::format("job '{}' has finished, but its result is gone", job_id));
  }
  // An entry of another type is from an earlier run.
  const bool fits = newest.result && !succeeded && newest.result->type != Type::retried;
  if (fits) result_of(job_id, *newest.result);
  throw_failure(job_id, {});
}

}  // namespace rqpp::client
