#pragma once

#include <array>
#include <bitset>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include <rqpp/time.h>

namespace rqpp::scheduler {

using Instant = std::chrono::sys_seconds;

/// What the clocks of a place show: for a moment its distance from UTC, and from when until when
/// that does not change.
struct ZonePeriod {
  Instant begin = Instant::min();
  Instant end = Instant::max();
  std::chrono::seconds offset{};
};
using Zone = std::function<ZonePeriod(Instant)>;
/// UTC.
ZonePeriod utc(Instant moment);

/// A cron string: minute, hour, day of month, month, day of week and, if there is a sixth, second.
///
///     30 2 * * *          every day at half past two
///     */15 8-18 * * mon-fri
///     0 0 L * *           the last day of each month
///     0 9 * * fri#2       the second Friday
///     @daily              also @hourly, @weekly, @monthly, @yearly
///
/// As in croniter, which RQ uses: where day of month and day of week are both restricted, either
/// will do; 7 is Sunday too; a range may wrap around, `22-2`; the second comes last.
class CronExpression {
 public:
  /// Throws InvalidArgument that says what is wrong, also for one that never matches, `0 0 31 2 *`.
  static CronExpression parse(std::string_view text);

  /// The first moment after `after` at which the clocks of the zone show a time that matches.
  ///
  /// A time that is skipped, since the clocks are put forward, counts as the moment in which that
  /// happens. Of a time that they show twice, since they are put back, it is the first one; where
  /// the hour is `*` both count. Nothing beyond the year 9999.
  std::optional<Instant> next(Instant after, const Zone& zone) const;

 private:
  /// What a clock shows, as if it were UTC.
  using Shown = Instant;

  void check_matches_ever() const;
  std::optional<Shown> next_shown(Shown after) const;
  std::optional<std::chrono::seconds> next_in_day(std::chrono::seconds from) const;
  bool matches_day(std::chrono::sys_days day) const;
  std::optional<Instant> next_in_any_hour(Instant after, const Zone& zone) const;
  std::optional<Instant> next_in_some_hours(Instant after, const Zone& zone) const;

  std::bitset<60> seconds_{};
  std::bitset<60> minutes_{};
  std::bitset<24> hours_{};
  std::bitset<32> days_{};                        // of the month, from 1
  std::bitset<13> months_{};                      // from 1
  std::bitset<7> weekdays_{};                     // from Sunday
  std::array<std::bitset<6>, 7> nth_weekdays_{};  // by weekday, from 1
  bool last_day_ = false;
  bool any_day_ = false;  // of the month
  bool any_weekday_ = false;
};

}  // namespace rqpp::scheduler
