#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <rqpp/enqueue_options.h>
#include <rqpp/value.h>

namespace rqpp::codec {

/// Which serializer wrote these (inflated) bytes: nothing in Redis says it. nullopt: neither.
std::optional<Serializer> sniff(std::string_view bytes);

/// Throws InvalidArgument for what the serializer cannot hold.
std::string serialize(const Value& value, Serializer serializer);

/// Reads what either serializer wrote. Throws DecodeError.
Value deserialize(std::string_view bytes);

}  // namespace rqpp::codec
