#include "codec/meta.h"

#include "codec/serialize.h"

#include <rqpp/error.h>

namespace rqpp::codec {
namespace {

constexpr std::string_view kUnread = "unserialized";

Value placeholder(std::string_view serialized, Serializer serializer) {
  Value bytes(Bytes{std::string(serialized)});
  if (serializer == Serializer::json) bytes = Value(bytes.repr());
  return Value::dict({{Value(kUnread), std::move(bytes)}});
}

bool is_placeholder(const Value& meta) {
  return meta.kind() == Value::Kind::dict && meta.pairs().size() == 1 &&
         meta.pairs()[0].first == Value(kUnread);
}

}  // namespace

Value read_meta(std::string_view serialized, Serializer serializer) {
  if (serialized.empty()) return Value::dict();
  try {
    Value meta = deserialize(serialized);
    if (meta.kind() == Value::Kind::dict && meta.find_opaque() == nullptr) return meta;
    if (meta.is_null()) return Value::dict();
  } catch (const DecodeError&) {  // NOLINT(bugprone-empty-catch): the same as for what is no dict
  }
  return placeholder(serialized, serializer);
}

std::string write_meta(const Value& meta, std::string_view before, Serializer serializer) {
  if (is_placeholder(meta) && meta == read_meta(before, serializer)) return std::string(before);
  return serialize(meta, serializer);
}

}  // namespace rqpp::codec
