#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <rqpp/error.h>

#include "codec/wire_call.h"

namespace rqpp::fuzz {

/// A call that is decoded, from pickle or JSON, must survive being written again.
inline void fuzz_call(std::string_view bytes) {
  codec::DecodedCall decoded;
  try {
    decoded = codec::decode_call(bytes);
  } catch (const DecodeError&) {
    return;
  }
  const std::string description = codec::describe(decoded.call);
  std::size_t size = 0;
  for (const Value& value : decoded.call.args) size += value.expanded_size();
  for (const auto& [name, value] : decoded.call.kwargs) size += value.expanded_size();
  if (size > (1U << 20)) return;
  const std::string written = codec::encode_call(decoded.call, decoded.serializer);
  const codec::DecodedCall again = codec::decode_call(written);
  if (again.serializer != decoded.serializer || codec::describe(again.call) != description) {
    throw std::logic_error("read back as another call: " + description);
  }
}

}  // namespace rqpp::fuzz
