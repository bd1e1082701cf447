// Whatever a producer, a job or Redis says may come into a worker's log.

#include <string>
#include <string_view>

#include "base/log.h"
#include "base/printable.h"

#include "expect.h"

namespace {

void expect_harmless(std::string_view line) {
  using rqpp::base::Breaks;
  rqpp::fuzz::expect(line == rqpp::base::printable(line, Breaks::keep), "no control characters");
  for (std::size_t at = line.find('\n'); at != std::string_view::npos;
       at = line.find('\n', at + 1)) {
    rqpp::fuzz::expect(line.substr(at, 3) == "\n  ", "no line that looks like a message");
  }
  rqpp::fuzz::expect(line.find("\t") == std::string_view::npos, "no tabs");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  const std::string_view text = rqpp::fuzz::text_of(bytes, size);
  const auto log = rqpp::base::Log::to(
      [](rqpp::base::LogLevel, std::string_view line) { expect_harmless(line); });
  const std::size_t half = text.size() / 2;
  log.info(text);
  log.error(text.substr(0, half), text.substr(half));
  return 0;
}
