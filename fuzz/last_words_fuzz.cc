// A horse that dies leaves behind what it wants to, in memory that it shares with the stable, and
// has written anything at all before that.

#include <algorithm>
#include <cstring>
#include <memory>

#include "base/utf8.h"
#include "worker/crash_report.h"
#include "worker/frames.h"
#include "worker/inquest.h"
#include "worker/last_words.h"
#include "worker/output_tail.h"

#include "expect.h"

namespace {

using rqpp::base::find_invalid_utf8;
using rqpp::base::Surrogates;

void expect_text(std::string_view text, std::size_t most) {
  rqpp::fuzz::expect(text.size() <= most, "a text within its bounds");
  rqpp::fuzz::expect(find_invalid_utf8(text, Surrogates::refuse) == std::string_view::npos,
                     "valid UTF-8");
}

void read_words(std::string_view bytes) {
  using namespace rqpp::worker;
  const auto words = std::make_unique<LastWords>();
  // Fixed in size and without pointers: any bytes will do.
  const std::size_t size = std::min(bytes.size(), sizeof(LastWords));
  std::memcpy(static_cast<void*>(words.get()), bytes.data(), size);
  const HorseExited exited{.wait_status = bytes.empty() ? 0 : bytes.front() & 0x7f};
  const JobLimits limits{.memory_bytes = 1 << 20, .cpu = std::chrono::seconds(1)};
  expect_text(last_words_of(exited, *words, limits), kMaxErrorBytes);
  if (const auto crash = crash_of(*words)) (void)plain_backtrace(*crash);
}

void read_maps(std::string_view bytes) {
  using namespace rqpp::worker;
  Crash crash{.signal = 11, .addresses = {0, 0x1000, UINT64_MAX}, .maps = std::string(bytes)};
  (void)plain_backtrace(crash);
}

void read_output(std::string_view bytes) {
  rqpp::worker::OutputTail tail;
  tail.add(bytes.substr(0, bytes.size() / 2));
  tail.add(bytes.substr(bytes.size() / 2));
  expect_text(tail.lines(), 8 * rqpp::worker::OutputTail::kMostBytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view text = rqpp::fuzz::text_of(bytes, size);
  read_words(text);
  read_maps(text);
  read_output(text);
  return 0;
}
