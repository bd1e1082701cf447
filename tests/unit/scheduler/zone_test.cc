#include "scheduler/zone.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>

namespace rqpp::scheduler {
namespace {

using namespace std::chrono_literals;
namespace ch = std::chrono;

/// This process in another zone for as long as the object lives.
class TimeZoneVariable {
 public:
  explicit TimeZoneVariable(const char* name) { setenv("TZ", name, 1); }
  TimeZoneVariable(const TimeZoneVariable&) = delete;
  TimeZoneVariable& operator=(const TimeZoneVariable&) = delete;
  ~TimeZoneVariable() {
    unsetenv("TZ");
    tzset();
  }
};

void expect_same(const Zone& local, const Zone& named) {
  const Instant begin = ch::sys_days{ch::year{2025} / 1 / 1};
  for (Instant at = begin; at < begin + ch::days{800}; at += 37h + 1s) {
    const ZonePeriod here = local(at);
    const ZonePeriod there = named(at);
    ASSERT_EQ(here.offset, there.offset) << at.time_since_epoch().count();
    EXPECT_EQ(here.begin, std::max(there.begin, at - ch::days{366}));
    EXPECT_EQ(here.end, std::min(there.end, at + ch::days{366}));
  }
}

TEST(LocalZone, IsThatOfTheVariableTz) {
  for (const char* name : {"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "UTC",
                           "Asia/Kathmandu", "America/St_Johns"}) {
    SCOPED_TRACE(name);
    const TimeZoneVariable variable(name);
    expect_same(local_zone(), find_zone(name));
  }
}

TEST(LocalZone, TakesRulesToo) {
  const TimeZoneVariable variable("CET-1CEST,M3.5.0,M10.5.0/3");
  expect_same(find_zone("local"), find_zone("Europe/Berlin"));
}

}  // namespace
}  // namespace rqpp::scheduler
