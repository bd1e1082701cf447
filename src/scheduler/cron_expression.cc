#include "scheduler/cron_expression.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <vector>

#include <rqpp/error.h>

namespace rqpp::scheduler {
namespace {

namespace ch = std::chrono;

constexpr std::size_t kLongest = 1'000;
constexpr ch::sys_days kEnd = ch::year{10'000} / 1 / 1;
/// The calendar repeats itself after 400 years.
constexpr ch::days kCalendar{146'097};

struct Field {
  const char* name = "";
  int least = 0;
  int most = 0;
  std::array<std::string_view, 12> names{};  // of `first`, `first` + 1, …
  int first = 0;
};
constexpr Field kMinute{"minute", 0, 59};
constexpr Field kHour{"hour", 0, 23};
constexpr Field kDay{"day of month", 1, 31};
constexpr Field kMonth{
    "month",
    1,
    12,
    {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"},
    1};
constexpr Field kWeekday{"day of week", 0, 7, {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}};
constexpr Field kSecond{"second", 0, 59};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string_view> words_of(std::string_view text) {
  std::vector<std::string_view> words;
  constexpr std::string_view kBlank = " \t";
  for (std::size_t at = text.find_first_not_of(kBlank); at != std::string_view::npos;) {
    const std::size_t end = text.find_first_of(kBlank, at);
    words.push_back(text.substr(at, end - at));
    at = text.find_first_not_of(kBlank, end);
  }
  return words;
}

[[noreturn]] void refuse(const Field& field, std::string_view part) {
  throw InvalidArgument(
      fmt::format("the {} '{}' is none: use {} to {}, ranges 1-5, lists 1,2 and "
                  "steps */5",
                  field.name, part, field.least, field.most));
}

int number(const Field& field, std::string_view text, std::string_view part) {
  for (std::size_t i = 0; i < field.names.size(); ++i) {
    if (!text.empty() && text == field.names[i]) return field.first + static_cast<int>(i);
  }
  if (text.empty() || text.size() > 2 ||
      !std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; })) {
    refuse(field, part);
  }
  int value = 0;
  for (const char digit : text) value = value * 10 + (digit - '0');
  return value;
}

int checked(const Field& field, std::string_view text, std::string_view part) {
  const int value = number(field, text, part);
  if (value < field.least || value > field.most) refuse(field, part);
  return value;
}

struct Range {
  int from = 0;
  int to = 0;
  int step = 1;
};

/// `*`, `5`, `1-5`, each with `/2` behind it.
Range range_of(const Field& field, std::string_view part) {
  const std::vector<std::string_view> stepped = split(part, '/');
  if (stepped.size() > 2) refuse(field, part);
  Range range;
  if (stepped.size() == 2) range.step = number({"step", 1, 99}, stepped[1], part);
  if (range.step < 1) refuse(field, part);
  const bool is_weekday = field.most == kWeekday.most;
  if (stepped[0] == "*") {
    range.from = field.least;
    range.to = is_weekday ? 6 : field.most;
    return range;
  }
  const std::vector<std::string_view> ends = split(stepped[0], '-');
  if (ends.size() > 2) refuse(field, part);
  range.from = checked(field, ends[0], part);
  range.to = checked(field, ends.back(), part);
  // As in croniter, 5/15 is 5-59/15.
  if (ends.size() == 1 && stepped.size() == 2) range.to = is_weekday ? 6 : field.most;
  return range;
}

template <class Set>
void add(Set& set, const Field& field, std::string_view part) {
  const Range range = range_of(field, part);
  const bool is_weekday = field.most == kWeekday.most;
  const int count = is_weekday ? 7 : field.most - field.least + 1;
  const int length = range.to >= range.from ? range.to - range.from : range.to - range.from + count;
  for (int i = 0; i <= length; i += range.step) {
    const int value = field.least + (range.from - field.least + i) % count;
    set.set(static_cast<std::size_t>(value));
  }
}

template <class Set>
void read(Set& set, const Field& field, std::string_view text) {
  for (const std::string_view part : split(text, ',')) add(set, field, part);
}

std::string_view expanded(std::string_view text) {
  if (text == "@hourly") return "0 * * * *";
  if (text == "@daily" || text == "@midnight") return "0 0 * * *";
  if (text == "@weekly") return "0 0 * * 0";
  if (text == "@monthly") return "0 0 1 * *";
  if (text == "@yearly" || text == "@annually") return "0 0 1 1 *";
  return text;
}

template <std::size_t Size>
std::optional<int> first_from(const std::bitset<Size>& set, int from) {
  for (auto i = static_cast<std::size_t>(from); i < Size; ++i) {
    if (set.test(i)) return static_cast<int>(i);
  }
  return std::nullopt;
}

}  // namespace

ZonePeriod utc(Instant) { return {}; }

CronExpression CronExpression::parse(std::string_view text) {
  if (text.size() > kLongest) throw InvalidArgument("a cron string has 1000 characters at most");
  const std::string lowered = lower(text);
  const std::vector<std::string_view> given = words_of(lowered);
  const std::vector<std::string_view> words =
      given.size() == 1 ? words_of(expanded(given[0])) : given;
  if (words.size() != 5 && words.size() != 6) {
    throw InvalidArgument(fmt::format(
        "'{}' has {} fields: use 5, minute hour day month weekday, or 6, with the second behind "
        "them; or @hourly, @daily, @weekly, @monthly, @yearly",
        text, words.size()));
  }
  CronExpression cron;
  read(cron.minutes_, kMinute, words[0]);
  read(cron.hours_, kHour, words[1]);
  for (const std::string_view part : split(words[2], ',')) {
    if (part == "l") {
      cron.last_day_ = true;
    } else {
      add(cron.days_, kDay, part);
    }
  }
  read(cron.months_, kMonth, words[3]);
  for (const std::string_view part : split(words[4], ',')) {
    const std::size_t hash = part.find('#');
    if (hash == std::string_view::npos) {
      add(cron.weekdays_, kWeekday, part);
      continue;
    }
    const int weekday = checked(kWeekday, part.substr(0, hash), part) % 7;
    const int nth = checked({"week", 1, 5}, part.substr(hash + 1), part);
    cron.nth_weekdays_[static_cast<std::size_t>(weekday)].set(static_cast<std::size_t>(nth));
  }
  if (words.size() == 6) {
    read(cron.seconds_, kSecond, words[5]);
  } else {
    cron.seconds_.set(0);
  }
  cron.any_day_ = cron.days_.count() == 31;
  cron.any_weekday_ = cron.weekdays_.all();
  cron.check_matches_ever();
  return cron;
}

void CronExpression::check_matches_ever() const {
  for (ch::sys_days day = ch::year{2000} / 1 / 1, end = day + kCalendar; day < end;
       day += ch::days{1}) {
    if (matches_day(day)) return;
  }
  throw InvalidArgument("it never matches: no such day is in any of its months");
}

bool CronExpression::matches_day(ch::sys_days day) const {
  const ch::year_month_day date{day};
  if (!months_.test(static_cast<unsigned>(date.month()))) return false;
  const ch::weekday weekday{day};
  const unsigned number = weekday.c_encoding();
  const unsigned in_month = static_cast<unsigned>(date.day());
  const bool is_last = date == ch::year_month_day{date.year() / date.month() / ch::last};
  const bool day_fits = days_.test(in_month) || (last_day_ && is_last);
  const bool weekday_fits =
      weekdays_.test(number) || nth_weekdays_.at(number).test((in_month - 1) / 7 + 1);
  if (any_day_ || any_weekday_) return day_fits && weekday_fits;
  return day_fits || weekday_fits;
}

std::optional<ch::seconds> CronExpression::next_in_day(ch::seconds from) const {
  const auto hour = static_cast<int>(from / ch::hours{1});
  const auto minute = static_cast<int>(from % ch::hours{1} / ch::minutes{1});
  const auto second = static_cast<int>((from % ch::minutes{1}).count());
  for (auto h = first_from(hours_, hour); h; h = first_from(hours_, *h + 1)) {
    const bool same_hour = *h == hour;
    for (auto m = first_from(minutes_, same_hour ? minute : 0); m;
         m = first_from(minutes_, *m + 1)) {
      const auto s = first_from(seconds_, same_hour && *m == minute ? second : 0);
      if (s) return ch::hours{*h} + ch::minutes{*m} + ch::seconds{*s};
    }
  }
  return std::nullopt;
}

auto CronExpression::next_shown(Shown after) const -> std::optional<Shown> {
  const Shown from = after + ch::seconds{1};
  ch::sys_days day = ch::floor<ch::days>(from);
  ch::seconds in_day = from - day;
  for (const ch::sys_days last = day + kCalendar; day <= last && day < kEnd; day += ch::days{1}) {
    if (matches_day(day)) {
      if (const auto time = next_in_day(in_day)) return day + *time;
    }
    in_day = ch::seconds{0};
  }
  return std::nullopt;
}

std::optional<Instant> CronExpression::next(Instant after, const Zone& zone) const {
  if (after >= kEnd) return std::nullopt;
  after = std::max<Instant>(after, ch::sys_days{ch::year{1900} / 1 / 1});
  return hours_.all() ? next_in_any_hour(after, zone) : next_in_some_hours(after, zone);
}

/// Within a period of the zone the clocks show one time after the other.
std::optional<Instant> CronExpression::next_in_any_hour(Instant after, const Zone& zone) const {
  for (;;) {
    const ZonePeriod period = zone(after);
    const auto shown = next_shown(after + period.offset);
    if (!shown) return std::nullopt;
    if (*shown - period.offset < period.end) return *shown - period.offset;
    after = period.end - ch::seconds{1};
    // The last second of this period says nothing of the next one.
    const ZonePeriod next = zone(period.end);
    const auto then = next_shown(after + next.offset);
    if (!then) return std::nullopt;
    if (*then - next.offset < next.end) return *then - next.offset;
    after = period.end;
  }
}

std::optional<Instant> CronExpression::next_in_some_hours(Instant after, const Zone& zone) const {
  const auto moment_of = [&zone](Shown shown) -> Instant {
    const ZonePeriod before = zone(shown - ch::days{1});
    const ZonePeriod behind = zone(shown + ch::days{1});
    const Instant first = shown - before.offset;
    if (zone(first).offset == before.offset) return first;
    const Instant second = shown - behind.offset;
    if (zone(second).offset == behind.offset) return second;
    return zone(first).begin;  // The clocks never show it: they were put forward.
  };
  // From a little earlier: what was skipped counts as the moment in which the clocks were put
  // forward.
  Shown shown = after + zone(after).offset - ch::hours{26};
  while (const auto next = next_shown(shown)) {
    const Instant moment = moment_of(*next);
    if (moment > after) return moment;
    shown = *next;
  }
  return std::nullopt;
}

}  // namespace rqpp::scheduler
