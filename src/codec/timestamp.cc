#include "codec/timestamp.h"

#include <cmath>

#include <fmt/format.h>

#include <rqpp/error.h>

#include "codec/calendar.h"
#include "codec/number_text.h"
#include "codec/repr.h"

namespace rqpp::codec {
namespace {

/// Takes a text apart from the front; every step after a failed one fails too.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }
  void fail() { ok_ = false; }
  bool take(char wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void expect(char wanted) { ok_ = ok_ && take(wanted); }
  int digits(std::size_t count) {
    int number = 0;
    for (; count > 0 && ok_; --count) {
      ok_ = at_digit();
      if (ok_) number = number * 10 + next_digit();
    }
    return number;
  }
  /// A fraction of a second, in microseconds.
  int microseconds() {
    int number = 0;
    int count = 0;
    for (; at_digit(); ++count) {
      const int digit = next_digit();
      if (count < 6) number = number * 10 + digit;
    }
    ok_ = ok_ && count > 0 && count <= 9;
    for (; count < 6; ++count) number *= 10;
    return number;
  }

 private:
  bool at_digit() const { return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9'; }
  int next_digit() {
    const int digit = rest_[0] - '0';
    rest_.remove_prefix(1);
    return digit;
  }

  std::string_view rest_;
  bool ok_ = true;
};

/// `Z`, `+02:00` or `-0200`.
std::chrono::minutes read_offset(Scanner& scanner) {
  if (scanner.take('Z')) return {};
  const bool west = scanner.take('-');
  if (!west) scanner.expect('+');
  const std::chrono::hours hours(scanner.digits(2));
  scanner.take(':');
  const std::chrono::minutes minutes(scanner.digits(2));
  if (hours.count() > 23 || minutes.count() > 59) scanner.fail();
  return west ? -(hours + minutes) : hours + minutes;
}

[[noreturn]] void refuse_time(std::string_view text, std::string_view expected) {
  throw DecodeError(fmt::format("not a timestamp: {}, expected {}", codec::quoted(text), expected));
}

}  // namespace

IsoText::IsoText(Time time)
    : text_{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0', 'T', '0', '0', ':',
            '0', '0', ':', '0', '0', '.', '0', '0', '0', '0', '0', '0', 'Z'} {
  const DateTime parts = utc_parts(time);
  const auto put = [&](std::size_t place, std::size_t width, int number) {
    for (; width > 0; number /= 10) text_[place + --width] = static_cast<char>('0' + number % 10);
  };
  put(0, 4, parts.date.year);
  put(5, 2, parts.date.month);
  put(8, 2, parts.date.day);
  put(11, 2, parts.time.hour);
  put(14, 2, parts.time.minute);
  put(17, 2, parts.time.second);
  put(20, 6, parts.time.microsecond);
}

std::string format_iso(Time time) { return std::string(IsoText(time).view()); }

std::optional<Time> parse_iso(std::string_view text) {
  if (text.empty()) return std::nullopt;
  constexpr std::string_view kExpected = "one like '2026-11-23T06:34:20.544715Z'";
  Scanner scanner(text);
  DateTime parts;
  parts.date.year = scanner.digits(4);
  scanner.expect('-');
  parts.date.month = scanner.digits(2);
  scanner.expect('-');
  parts.date.day = scanner.digits(2);
  if (!scanner.take(' ')) scanner.expect('T');
  parts.time.hour = scanner.digits(2);
  scanner.expect(':');
  parts.time.minute = scanner.digits(2);
  scanner.expect(':');
  parts.time.second = scanner.digits(2);
  if (scanner.take('.')) parts.time.microsecond = scanner.microseconds();
  const std::chrono::minutes offset = read_offset(scanner);
  if (!scanner.done()) refuse_time(text, kExpected);
  try {
    check(parts.date);
    check(parts.time);
    const Time time = to_moment(parts) - offset;
    utc_parts(time);  // The offset may lead out of the years that can be written.
    return time;
  } catch (const InvalidArgument& error) {
    throw DecodeError(fmt::format("not a timestamp: {}: {}", codec::quoted(text), error.what()));
  }
}

std::string format_epoch(Time time) {
  return float_text(static_cast<double>(time.time_since_epoch().count()) / 1e6);
}

Time parse_epoch(std::string_view text) {
  const auto seconds = parse_number(text);
  constexpr double kLimit = 9.2e12;  // Microseconds in 64 bits.
  if (!seconds || !(std::abs(*seconds) < kLimit)) {
    refuse_time(text, "seconds like '1795415460.97088'");
  }
  return Time(std::chrono::microseconds(std::llround(*seconds * 1e6)));
}

}  // namespace rqpp::codec
