#include "codec/number_text.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <rqpp/error.h>

namespace rqpp::codec {
namespace {

constexpr double kHuge = std::numeric_limits<double>::infinity();

TEST(FloatText, IsWhatPythonPrints) {
  EXPECT_EQ(float_text(0.0), "0.0");
  EXPECT_EQ(float_text(-0.0), "-0.0");
  EXPECT_EQ(float_text(1), "1.0");
  EXPECT_EQ(float_text(0.1), "0.1");
  EXPECT_EQ(float_text(123456.789), "123456.789");
  EXPECT_EQ(float_text(1e15), "1000000000000000.0");
  EXPECT_EQ(float_text(9999999999999998.0), "9999999999999998.0");
  EXPECT_EQ(float_text(1e16), "1e+16");
  EXPECT_EQ(float_text(1.2345678901234568e17), "1.2345678901234568e+17");
  EXPECT_EQ(float_text(0.0001), "0.0001");
  EXPECT_EQ(float_text(0.00001234), "1.234e-05");
  EXPECT_EQ(float_text(1e-7), "1e-07");
  EXPECT_EQ(float_text(5e-324), "5e-324");
  EXPECT_EQ(float_text(-1.7976931348623157e308), "-1.7976931348623157e+308");
  EXPECT_EQ(float_text(kHuge), "inf");
  EXPECT_EQ(float_text(-kHuge), "-inf");
  EXPECT_EQ(float_text(std::nan("")), "nan");
}

TEST(ParseNumber, ReadsDecimalText) {
  EXPECT_EQ(parse_number("1795415460.97088"), 1795415460.97088);
  EXPECT_EQ(parse_number("-1"), -1);
  EXPECT_EQ(parse_number("1e3"), 1000);
  EXPECT_EQ(parse_number("1.5E+2"), 150);
  EXPECT_EQ(parse_number(".5"), 0.5);
}

TEST(ParseNumber, OverflowsAndUnderflowsAsPython) {
  EXPECT_EQ(parse_number("1e309"), kHuge);
  EXPECT_EQ(parse_number("-1e309"), -kHuge);
  EXPECT_EQ(parse_number("1e-400"), 0);
  EXPECT_EQ(parse_number("0.0e999999999999999999999"), 0);
  EXPECT_EQ(parse_number("1e999999999999999999999"), kHuge);
  EXPECT_EQ(parse_number("1e-999999999999999999999"), 0);
  EXPECT_EQ(parse_number("0." + std::string(400, '0') + "1"), 0);
  EXPECT_EQ(parse_number(std::string(400, '1') + "e-399"), 1.1111111111111112);
  EXPECT_EQ(parse_number(std::string(400, '1')), kHuge);
}

TEST(ParseNumber, RefusesEverythingElse) {
  for (const auto* text : {"", "-", ".", "e5", "1e", "1e+", "inf", "nan", "0x10", " 1", "1 ", "+1",
                           "1.5.5", "1_000", "--1"}) {
    EXPECT_EQ(parse_number(text), std::nullopt) << text;
  }
}

TEST(CheckDecimal, TakesWhatPythonPrints) {
  for (const auto* text : {"0", "1.50", "-1E+400", "0E-10", "NaN", "-NaN", "sNaN123", "Infinity",
                           "-Infinity", "1E+999999999999"}) {
    EXPECT_NO_THROW(check_decimal(text)) << text;
  }
}

TEST(CheckDecimal, RefusesEverythingElse) {
  for (const auto* text : {"", "-", "--1", "1,5", "inf", "nan", "NaNx", "Infinityx", "1'); f('"}) {
    EXPECT_THROW(check_decimal(text), InvalidArgument) << text;
  }
}

}  // namespace
}  // namespace rqpp::codec
