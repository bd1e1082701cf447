#pragma once

#include <string>
#include <string_view>

#include <rqpp/error.h>

#include "codec/compress.h"
#include "codec/wire_call.h"
#include "expect.h"

namespace rqpp::fuzz {

inline std::size_t expanded_size(const Call& call) {
  std::size_t size = 0;
  for (const Value& value : call.args) size += value.expanded_size();
  for (const auto& [name, value] : call.kwargs) size += value.expanded_size();
  return size;
}

/// The `data` of a job, from its compressed bytes to the call as text. A call that was decoded,
/// from pickle or JSON, can be written again.
inline void fuzz_call(std::string_view data) {
  // A megabyte is enough to find faults in; the limits of the library only take long to reach.
  constexpr std::size_t kEnough = 1 << 20;
  try {
    const auto decoded = codec::decode_call(codec::inflate_or_raw(data, kEnough));
    const std::string description = codec::describe(decoded.call);
    if (expanded_size(decoded.call) > kEnough) return;
    const std::string written = codec::encode_call(decoded.call, decoded.serializer);
    const auto again = codec::decode_call(written);
    expect(again.serializer == decoded.serializer, "a call keeps its serializer");
    expect(again.call == decoded.call, "a call that was written is read as the same call");
    expect(codec::describe(again.call) == description, "a call read again has its description");
  } catch (const DecodeError&) {
  }
}

}  // namespace rqpp::fuzz
