#include "codec/serialize.h"

#include <fmt/format.h>

#include <rqpp/error.h>

#include "codec/json.h"
#include "codec/pickle.h"
#include "codec/repr.h"

namespace rqpp::codec {

std::optional<Serializer> sniff(std::string_view bytes) {
  if (bytes.starts_with('\x80')) return Serializer::pickle;
  const std::size_t start = bytes.find_first_not_of(" \t\r\n");
  if (start == std::string_view::npos) return std::nullopt;
  constexpr std::string_view kJsonStarts = "[{\"-0123456789tfnNI";
  if (kJsonStarts.find(bytes[start]) != std::string_view::npos) return Serializer::json;
  return std::nullopt;
}

std::string serialize(const Value& value, Serializer serializer) {
  return serializer == Serializer::json ? write_json(value) : write_pickle(value);
}

Value deserialize(std::string_view bytes) {
  const auto serializer = sniff(bytes);
  if (!serializer) {
    throw DecodeError(
        fmt::format("neither a pickle of protocol 2 to 5 nor JSON: {}", codec::quoted(bytes)));
  }
  return *serializer == Serializer::json ? read_json(bytes) : read_pickle(bytes);
}

}  // namespace rqpp::codec
