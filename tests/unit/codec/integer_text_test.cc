#include "codec/integer_text.h"

#include <gtest/gtest.h>

#include <rqpp/error.h>
#include <rqpp/value.h>

namespace rqpp::codec {
namespace {

using namespace std::string_literals;

TEST(TwosComplement, IsTheShortest) {
  EXPECT_EQ(to_twos_complement("0"), "");
  EXPECT_EQ(to_twos_complement("1"), "\x01");
  EXPECT_EQ(to_twos_complement("127"), "\x7f");
  EXPECT_EQ(to_twos_complement("128"), "\x80\0"s);
  EXPECT_EQ(to_twos_complement("-1"), "\xff");
  EXPECT_EQ(to_twos_complement("-128"), "\x80");
  EXPECT_EQ(to_twos_complement("-129"), "\x7f\xff");
  EXPECT_EQ(to_twos_complement("255"), "\xff\0"s);
  EXPECT_EQ(to_twos_complement("-256"), "\0\xff"s);
  EXPECT_EQ(to_twos_complement("18446744073709551616"), "\0\0\0\0\0\0\0\0\x01"s);
}

TEST(TwosComplement, ReadsBack) {
  EXPECT_EQ(from_twos_complement(""), "0");
  EXPECT_EQ(from_twos_complement("\0\0"s), "0");
  EXPECT_EQ(from_twos_complement("\xff\xff\xff\xff\xff\xff\xff\xff\xff"), "-1");
  EXPECT_EQ(from_twos_complement("\0\0\0\0\0\0\0\x80"s), "-9223372036854775808");
  for (const std::string digits :
       {"1", "-1", "999999999", "1000000000", "-1000000000", "4294967296",
        "123456789012345678901234567890", "-340282366920938463463374607431768211456"}) {
    EXPECT_EQ(from_twos_complement(to_twos_complement(digits)), digits);
  }
}

TEST(TwosComplement, HasALimit) {
  const std::string largest(Value::kMaxIntegerDigits, '9');
  EXPECT_EQ(from_twos_complement(to_twos_complement(largest)), largest);
  EXPECT_THROW(from_twos_complement(std::string(1786, '\x7f')), DecodeError);
  EXPECT_THROW(from_twos_complement(std::string(1'000'000, '\x7f')), DecodeError);
}

TEST(CompareIntegers, LooksAtSignThenLengthThenDigits) {
  EXPECT_LT(compare_integers("-5", "3"), 0);
  EXPECT_GT(compare_integers("3", "-5"), 0);
  EXPECT_LT(compare_integers("99", "100"), 0);
  EXPECT_GT(compare_integers("-99", "-100"), 0);
  EXPECT_LT(compare_integers("-101", "-100"), 0);
  EXPECT_EQ(compare_integers("100", "100"), 0);
}

TEST(IntegerOf, IsExact) {
  EXPECT_EQ(integer_of(1e22), "10000000000000000000000");
  EXPECT_EQ(integer_of(1e23), "99999999999999991611392");
  EXPECT_EQ(integer_of(-9223372036854775808.0), "-9223372036854775808");
  EXPECT_EQ(integer_of(1.7976931348623157e308).size(), 309);
}

}  // namespace
}  // namespace rqpp::codec
