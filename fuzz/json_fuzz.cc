// JSON from Redis is read as Python reads it, or refused.

#include "codec/json.h"

#include <rqpp/error.h>

#include "expect.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  using namespace rqpp;
  try {
    const Value value = codec::read_json(fuzz::text_of(bytes, size));
    const std::string written = codec::write_json(value);
    fuzz::expect(codec::write_json(codec::read_json(written)) == written,
                 "JSON that was written is read as the same value");
  } catch (const DecodeError&) {      // no JSON
  } catch (const InvalidArgument&) {  // a lone surrogate is read, but cannot be written
  }
  return 0;
}
