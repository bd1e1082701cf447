// A cron string from a file that somebody else wrote: refused with a reason, or the moments that it
// names grow.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "expect.h"
#include "scheduler/cron_expression.h"

#include <rqpp/error.h>

using namespace rqpp;
using namespace rqpp::scheduler;

namespace {

/// Clocks that are put forward and back by an hour, ten days each.
ZonePeriod restless(Instant moment) {
  constexpr std::chrono::days kHalf{10};
  const auto half = std::chrono::floor<std::chrono::days>(moment.time_since_epoch()) / kHalf;
  const Instant begin{half * kHalf};
  return {.begin = begin, .end = begin + kHalf, .offset = std::chrono::hours{half % 2}};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  try {
    const CronExpression cron = CronExpression::parse(text);
    for (const Zone& zone : {Zone{utc}, Zone{restless}}) {
      Instant after{std::chrono::seconds{1'795'417'460}};
      for (int i = 0; i < 5; ++i) {
        const auto next = cron.next(after, zone);
        if (!next) break;
        fuzz::expect(*next > after, "the next moment is a later one");
        after = *next;
      }
    }
  } catch (const InvalidArgument&) {
  }
  return 0;
}
