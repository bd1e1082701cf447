// Whatever Redis holds may stand where a pickle should: it is read as data or refused.

#include "codec/pickle.h"

#include <rqpp/error.h>

#include "expect.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  using namespace rqpp;
  // Above this, sharing has made much out of little; writing that out tells nothing and takes long.
  constexpr std::size_t kWritten = 1 << 20;
  try {
    const Value value = codec::read_pickle(fuzz::text_of(bytes, size));
    if (value.find_opaque() != nullptr || value.expanded_size() > kWritten) return 0;
    const std::string written = codec::write_pickle(value);
    fuzz::expect(codec::write_pickle(codec::read_pickle(written)) == written,
                 "a pickle that was written is read as the same value");
  } catch (const DecodeError&) {      // damaged
  } catch (const InvalidArgument&) {  // text that is not UTF-8 is read, but cannot be written
  }
  return 0;
}
