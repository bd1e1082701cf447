// A horse runs user code and may write anything into its channel, and so may a broken stable.

#include "worker/frames.h"

#include <rqpp/error.h>

#include "expect.h"

namespace {

// A frame that is read is written as the bytes that it was read from: it has one form.
template <class Frames>
void read_frame(std::uint8_t type, std::string_view payload) {
  try {
    const Frames frame = rqpp::worker::decode<Frames>(type, payload);
    std::visit(
        [&](const auto& content) {
          const std::string written = rqpp::worker::encode(content);
          const auto header = rqpp::worker::read_header(written);
          rqpp::fuzz::expect(header.type == type, "the type of a frame");
          rqpp::fuzz::expect(
              std::string_view(written).substr(rqpp::worker::kFrameHeaderBytes) == payload,
              "a frame has one form");
        },
        frame);
  } catch (const rqpp::DecodeError&) {
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  using namespace rqpp::worker;
  if (size < 1) return 0;
  const std::uint8_t type = bytes[0];
  const std::string_view payload = rqpp::fuzz::text_of(bytes + 1, size - 1);
  read_frame<ToHorse>(type, payload);
  read_frame<FromHorse>(type, payload);
  read_frame<ToStable>(type, payload);
  read_frame<FromStable>(type, payload);
  read_frame<ToMessenger>(type, payload);
  read_frame<FromMessenger>(type, payload);
  return 0;
}
