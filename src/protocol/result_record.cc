#include "protocol/result_record.h"

#include <fmt/format.h>

#include <charconv>

#include "codec/base64.h"
#include "codec/compress.h"
#include "codec/scalars.h"
#include "codec/timestamp.h"
#include "protocol/usage_text.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

constexpr std::size_t kLongestText = std::size_t{64} << 20;  // of an inflated traceback

/// The time in a stream id, `<milliseconds>-<number>`.
Time time_of(const std::string& entry_id) {
  constexpr std::int64_t kEndOfYear9999 = 253'402'300'799'999;  // in microseconds it still fits
  const std::string text = entry_id.substr(0, entry_id.find('-'));
  const std::int64_t milliseconds =
      codec::parse_int("id of a result", text, "milliseconds and a number");
  if (milliseconds < 0 || milliseconds > kEndOfYear9999) {
    throw DecodeError(fmt::format("a result has the id '{}', which is no time", entry_id));
  }
  return Time{std::chrono::milliseconds{milliseconds}};
}

ResultRecord::Type read_type(const std::string& text) {
  const std::int64_t number = codec::parse_int("type", text, "a number from 1 to 5");
  if (number < 1 || number > 5) {
    throw DecodeError(fmt::format("field 'type': expected a number from 1 to 5, got '{}'", text));
  }
  return static_cast<ResultRecord::Type>(number);
}

}  // namespace

ResultRecord read_result(const redis::Reply& entry) {
  if (entry.elements.size() != 2 || entry.elements[1].elements.size() % 2 != 0) {
    throw DecodeError("an entry of a results stream has an unknown form");
  }
  ResultRecord result{.id = entry.elements[0].text, .created_at = time_of(entry.elements[0].text)};
  bool typed = false;
  const std::vector<redis::Reply>& pairs = entry.elements[1].elements;
  for (std::size_t i = 0; i < pairs.size(); i += 2) {
    const std::string& name = pairs[i].text;
    const std::string& value = pairs[i + 1].text;
    if (name == "type") {
      result.type = read_type(value);
      typed = true;
    } else if (name == "return_value") {
      result.return_value = codec::decode_base64(value);
    } else if (name == "exc_string" && !value.empty()) {
      result.exc_info = codec::inflate(codec::decode_base64(value), kLongestText);
    } else if (name == "worker_name") {
      result.worker_name = value;
    } else if (name == "execution_id") {
      result.execution_id = value;
    } else if (name == "execution_started_at" && !value.empty()) {
      result.started_at = codec::parse_epoch(value);
    } else if (name == "execution_ended_at" && !value.empty()) {
      result.ended_at = codec::parse_epoch(value);
    } else if (name == "rqpp_usage") {
      result.usage = parse_usage(value);
    }
  }
  if (!typed) throw DecodeError("an entry of a results stream has no field 'type'");
  return result;
}

std::vector<std::string> result_fields(const ResultRecord& result) {
  std::vector<std::string> fields{"type", std::to_string(static_cast<int>(result.type))};
  const auto add = [&fields](const char* name, std::string value) {
    if (value.empty()) return;
    fields.emplace_back(name);
    fields.push_back(std::move(value));
  };
  add("worker_name", result.worker_name);
  add("return_value", codec::encode_base64(result.return_value));
  // Python reads the text of a failed run through both layers, whatever it is.
  if (result.type == ResultRecord::Type::failed) {
    add("exc_string", codec::encode_base64(codec::deflate(result.exc_info)));
  }
  add("execution_id", result.execution_id);
  if (result.started_at) add("execution_started_at", codec::format_epoch(*result.started_at));
  if (result.ended_at) add("execution_ended_at", codec::format_epoch(*result.ended_at));
  if (result.usage) add("rqpp_usage", to_text(*result.usage));
  return fields;
}

}  // namespace rqpp::protocol
