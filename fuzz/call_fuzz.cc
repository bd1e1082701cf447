// The `data` of a job, from its compressed bytes to the call as text.

#include "codec/compress.h"
#include "codec/wire_call.h"

#include <rqpp/error.h>

#include "expect.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  using namespace rqpp;
  const std::string_view data = fuzz::text_of(bytes, size);
  // A megabyte is enough to find faults in; the half gigabyte of inflate_or_raw only takes long.
  constexpr std::size_t kInflated = 1 << 20;
  std::string serialized(data);
  try {
    serialized = codec::inflate(data, kInflated);
  } catch (const DecodeError&) {  // not compressed: taken as it is
  }
  try {
    const codec::DecodedCall decoded = codec::decode_call(serialized);
    (void)codec::describe(decoded.call);
  } catch (const DecodeError&) {
  }
  return 0;
}
