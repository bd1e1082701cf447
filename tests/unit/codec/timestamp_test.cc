#include "codec/timestamp.h"

#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::codec {
namespace {

using namespace std::chrono_literals;

constexpr Time kTime{1767323045678901us};  // 2026-01-02T03:04:05.678901Z

std::string refusal_of_time(std::string_view text) {
  try {
    parse_iso(text);
    return "was read";
  } catch (const DecodeError& error) {
    return error.what();
  }
}

TEST(FormatIso, AlwaysHasSixDigits) {
  EXPECT_EQ(format_iso(kTime), "2026-01-02T03:04:05.678901Z");
  EXPECT_EQ(format_iso(Time{}), "1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(format_iso(Time{-1us}), "1969-12-31T23:59:59.999999Z");
}

TEST(FormatIso, RefusesWhatFourDigitsCannotHold) {
  EXPECT_THROW(format_iso(Time::max()), InvalidArgument);
  EXPECT_THROW(format_iso(Time::min()), InvalidArgument);
}

TEST(ParseIso, ReadsWhatRqWrites) { EXPECT_EQ(parse_iso("2026-01-02T03:04:05.678901Z"), kTime); }

TEST(ParseIso, TakesEmptyTextAsUnset) { EXPECT_EQ(parse_iso(""), std::nullopt); }

TEST(ParseIso, TakesAnyFraction) {
  EXPECT_EQ(parse_iso("2026-01-02T03:04:05Z"), kTime - 678901us);
  EXPECT_EQ(parse_iso("2026-01-02T03:04:05.6Z"), kTime - 78901us);
  EXPECT_EQ(parse_iso("2026-01-02T03:04:05.6789019Z"), kTime);
  EXPECT_EQ(parse_iso("2026-01-02T03:04:05.678901999Z"), kTime);
}

TEST(ParseIso, TakesAnOffset) {
  EXPECT_EQ(parse_iso("2026-01-02T03:04:05.678901+00:00"), kTime);
  EXPECT_EQ(parse_iso("2026-01-02 05:04:05.678901+02:00"), kTime);
  EXPECT_EQ(parse_iso("2026-01-01T21:34:05.678901-0530"), kTime);
}

TEST(ParseIso, SaysWhatIsExpected) {
  EXPECT_EQ(refusal_of_time("yesterday"),
            "not a timestamp: 'yesterday', expected one like '2026-11-23T06:34:20.544715Z'");
  EXPECT_EQ(refusal_of_time("2026-02-30T00:00:00Z"),
            "not a timestamp: '2026-02-30T00:00:00Z': there is no 2026-02-30");
}

TEST(ParseIso, RefusesEverythingElse) {
  using namespace std::string_literals;
  for (const auto& text : {"2026-01-02T03:04:05"s,
                           "2026-01-02T03:04:05.Z"s,
                           "2026-01-02T03:04:05.1234567890Z"s,
                           "2026-01-02T03:04:05z"s,
                           "2026-01-02t03:04:05Z"s,
                           "2026-01-02"s,
                           "2026-01-02T24:00:00Z"s,
                           "2026-01-02T23:60:00Z"s,
                           "2026-01-02T23:59:60Z"s,
                           "2026-13-02T00:00:00Z"s,
                           "0000-01-02T00:00:00Z"s,
                           "2026-01-02T03:04:05+24:00"s,
                           "2026-01-02T03:04:05+24:00\0"s,
                           "2026-01-02T03:04:05Zx"s,
                           " 2026-01-02T03:04:05Z"s,
                           "2026-1-2T03:04:05Z"s,
                           "-026-01-02T03:04:05Z"s,
                           "1767323045"s,
                           "None"s,
                           "9999-12-31T23:59:59-00:01"s,
                           "0001-01-01T00:00:00+00:01"s}) {
    EXPECT_THROW(parse_iso(text), DecodeError) << text;
  }
}

TEST(FormatEpoch, PrintsAsPythonPrintsAFloat) {
  EXPECT_EQ(format_epoch(Time{1795415460970880us}), "1795415460.97088");
  EXPECT_EQ(format_epoch(Time{1767323045s}), "1767323045.0");
  EXPECT_EQ(format_epoch(kTime), "1767323045.678901");
  EXPECT_EQ(format_epoch(Time{}), "0.0");
}

TEST(ParseEpoch, ReadsAnyDecimal) {
  EXPECT_EQ(parse_epoch("1795415460.97088"), Time{1795415460970880us});
  EXPECT_EQ(parse_epoch("1767323045"), Time{1767323045s});
  EXPECT_EQ(parse_epoch("-0.5"), Time{-500'000us});
}

TEST(ParseEpoch, RefusesEverythingElse) {
  for (const auto* text : {"", "inf", "nan", "+inf", "1e13", "-1e300", "soon", "1 "}) {
    EXPECT_THROW(parse_epoch(text), DecodeError) << text;
  }
}

TEST(ParseEpoch, RoundTripsMicrosecondsOfThisCentury) {
  for (Time time{}; time < Time{4'000'000'000s}; time += 123'456'789'123'457us) {
    ASSERT_EQ(parse_epoch(format_epoch(time)), time);
  }
}

}  // namespace
}  // namespace rqpp::codec
