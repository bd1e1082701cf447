// The small texts in Redis' hashes: times, numbers, base64.

#include <rqpp/error.h>

#include "codec/base64.h"
#include "codec/scalars.h"
#include "codec/timestamp.h"
#include "expect.h"

namespace {

template <class Read>
void attempt(const Read& read) {
  try {
    read();
  } catch (const rqpp::DecodeError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  using namespace rqpp;
  const std::string_view text = fuzz::text_of(bytes, size);
  attempt([&] {
    const auto time = codec::parse_iso(text);
    if (time) fuzz::expect(codec::parse_iso(codec::format_iso(*time)) == time, "ISO time");
  });
  attempt([&] { (void)codec::parse_epoch(text); });
  attempt([&] { (void)codec::parse_int("field", text); });
  attempt([&] { (void)codec::parse_seconds("field", text); });
  attempt([&] { (void)codec::parse_double("field", text); });
  attempt([&] { (void)codec::parse_bool("field", text); });
  attempt([&] {
    fuzz::expect(codec::encode_base64(codec::decode_base64(text)) == text, "base64 has one form");
  });
  return 0;
}
