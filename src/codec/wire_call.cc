#include "codec/wire_call.h"

#include <algorithm>

#include <fmt/format.h>

#include <rqpp/error.h>

#include "codec/json.h"
#include "codec/pickle.h"
#include "codec/pickle_writer.h"
#include "codec/repr.h"
#include "codec/serialize.h"

namespace rqpp::codec {
namespace {

std::string encode_json(const Call& call) {
  Value::Pairs kwargs(call.kwargs.begin(), call.kwargs.end());
  return write_json(Value::list(
      {call.function, nullptr, Value::list(call.args), Value::dict(std::move(kwargs))}));
}

void check_plain(const Value& value, std::string_view place) {
  const Opaque* opaque = value.find_opaque();
  if (opaque == nullptr) return;
  const bool itself = value.kind() == Value::Kind::opaque;
  throw DecodeError(fmt::format("{} {} a {}, which only Python can read", place,
                                itself ? "is" : "holds", Value(*opaque).type_name()));
}

void check_target(const Value& function, const Value& instance) {
  if (!function.is_string()) {
    throw DecodeError(fmt::format("a call of {}, which is a {}: expected a function's name",
                                  short_repr(function), function.type_name()));
  }
  if (!instance.is_null()) {
    throw DecodeError(fmt::format("bound method {} of {} needs a Python worker",
                                  codec::quoted(function.as_string()), instance.type_name()));
  }
}

std::vector<Value> take_args(Value args) {
  if (args.kind() != Value::Kind::tuple && args.kind() != Value::Kind::list) {
    throw DecodeError(
        fmt::format("the arguments of a call are a {}: expected a tuple", args.type_name()));
  }
  auto items = std::move(args).take_items();
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (items[i].find_opaque() != nullptr) check_plain(items[i], fmt::format("argument {}", i + 1));
  }
  return items;
}

std::vector<std::pair<std::string, Value>> take_kwargs(const Value& kwargs) {
  if (kwargs.kind() != Value::Kind::dict) {
    throw DecodeError(fmt::format("the keyword arguments of a call are a {}: expected a dict",
                                  kwargs.type_name()));
  }
  std::vector<std::pair<std::string, Value>> named;
  named.reserve(kwargs.pairs().size());
  for (const auto& [name, value] : kwargs.pairs()) {
    if (!name.is_string()) {
      throw DecodeError(fmt::format("the keyword {} of a call is a {}: expected a str",
                                    short_repr(name), name.type_name()));
    }
    if (value.find_opaque() != nullptr) {
      check_plain(value, fmt::format("argument {}", codec::quoted(name.as_string())));
    }
    named.emplace_back(name.as_string(), value);
  }
  return named;
}

}  // namespace

std::string encode_call(const Call& call, Serializer serializer) {
  if (serializer == Serializer::json) return encode_json(call);
  PickleWriter writer(kMaxSerializedBytes);
  writer.write_call(call);
  return std::move(writer).finish();
}

DecodedCall decode_call(std::string_view serialized) {
  DecodedCall decoded;
  Value value = deserialize(serialized);
  decoded.serializer = sniff(serialized).value_or(Serializer::pickle);
  const bool sequence = value.kind() == Value::Kind::tuple || value.kind() == Value::Kind::list;
  if (!sequence || value.items().size() != 4) {
    throw DecodeError(fmt::format("not a call: expected (function, None, args, kwargs), got {} {}",
                                  value.type_name(), short_repr(value)));
  }
  auto parts = std::move(value).take_items();
  check_target(parts[0], parts[1]);
  decoded.call.function = parts[0].as_string();
  decoded.call.args = take_args(std::move(parts[2]));
  decoded.call.kwargs = take_kwargs(parts[3]);
  return decoded;
}

std::string describe(const Call& call) {
  const auto text_of = [&call](const std::string& place, const Value& value) {
    for (const auto& [where, job_id] : call.results) {
      if (where == place) return fmt::format("<result of {}>", job_id);
    }
    return short_repr(value);
  };
  std::string text = call.function;
  text += '(';
  const std::size_t first = text.size();
  const auto add = [&](std::string_view part) {
    if (text.size() > first) text += ", ";
    text += part;
  };
  for (std::size_t i = 0; i < call.args.size(); ++i) add(text_of(std::to_string(i), call.args[i]));
  // RQ sorts the finished texts, so that `a1=2` comes before `a=1`.
  std::vector<std::string> named;
  for (const auto& [name, value] : call.kwargs) named.push_back(name + "=" + text_of(name, value));
  std::sort(named.begin(), named.end());
  for (const std::string& part : named) add(part);
  text += ')';
  return text;
}

}  // namespace rqpp::codec
