#include "cli/moment.h"

#include <cstdlib>
#include <ctime>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using namespace std::chrono_literals;
namespace ch = std::chrono;

const Time kNoon{ch::sys_days{ch::year{2027} / 1 / 31} + 12h};

/// This process in another zone for as long as the object lives.
class Zone {
 public:
  explicit Zone(const char* name) {
    setenv("TZ", name, 1);
    tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;
  ~Zone() {
    unsetenv("TZ");
    tzset();
  }
};

TEST(ParseMoment, IsLocalTimeUnlessItNamesAZone) {
  const Zone zone("XST-3");  // three hours ahead of UTC

  EXPECT_EQ(parse_moment("2027-01-31T15:00:00"), kNoon);
  EXPECT_EQ(parse_moment("2027-01-31T12:00:00Z"), kNoon);
  EXPECT_EQ(parse_moment("2027-01-31T13:30:00+01:30"), kNoon);
  EXPECT_EQ(parse_moment("2027-01-31 12:00:00.25Z"), kNoon + 250ms);
}

TEST(ParseMoment, RefusesWhatIsNone) {
  for (const char* text : {"", "soon", "2027-01-31", "2027-13-01T00:00:00", "12:00:00"}) {
    EXPECT_THROW(parse_moment(text), InvalidArgument) << text;
  }
}

TEST(ParseMoment, QuotesWhatWasGiven) {
  EXPECT_THAT([] { parse_moment("tomorrow"); },
              testing::ThrowsMessage<InvalidArgument>(
                  testing::StartsWith("'tomorrow' is no moment: use 2027-01-31T18:00:00")));
}

}  // namespace
}  // namespace rqpp::cli
