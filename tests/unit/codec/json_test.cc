#include "codec/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include <rqpp/error.h>

#include "print_value.h"

namespace rqpp::codec {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;

constexpr double kInfinite = std::numeric_limits<double>::infinity();

std::string refusal_of_json(std::string_view text) {
  try {
    return "was read as " + read_json(text).repr();
  } catch (const DecodeError& error) {
    return error.what();
  }
}

TEST(WriteJson, IsWhatPythonDumps) {
  EXPECT_EQ(write_json(Value::list({nullptr, true, false, 1, -2.5, "a"})),
            R"([null, true, false, 1, -2.5, "a"])");
  EXPECT_EQ(write_json(Value::tuple({1, Value::tuple()})), "[1, []]");
  EXPECT_EQ(write_json(Value::dict({{"a", 1}, {"b", Value::dict()}})), R"({"a": 1, "b": {}})");
  EXPECT_EQ(write_json(Value::list({1e16, 1.0, 1e-7})), "[1e+16, 1.0, 1e-07]");
  EXPECT_EQ(write_json(BigInteger{"18446744073709551616"}), "18446744073709551616");
  EXPECT_EQ(write_json(Value::list({kInfinite, -kInfinite, std::nan("")})),
            "[Infinity, -Infinity, NaN]");
}

TEST(WriteJson, EscapesToAscii) {
  EXPECT_EQ(write_json("\"\\/\b\f\n\r\t\x01\x7f"), "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\"");
  EXPECT_EQ(write_json("é€😀"), R"("\u00e9\u20ac\ud83d\ude00")");
  EXPECT_EQ(write_json("\xed\xa0\x80"), R"("\ud800")");
}

TEST(WriteJson, TurnsKeysIntoText) {
  EXPECT_EQ(write_json(Value::dict({{1, "a"}, {nullptr, "b"}, {2.5, "c"}, {false, "d"}})),
            R"({"1": "a", "null": "b", "2.5": "c", "false": "d"})");
}

TEST(WriteJson, RefusesWhatJsonCannotHold) {
  const auto refused = [](const Value& value) -> std::string {
    try {
      return write_json(value);
    } catch (const InvalidArgument& error) {
      return error.what();
    }
  };

  EXPECT_EQ(refused(Value::list({Bytes{"a"}})),
            "JSON cannot hold b'a', which is a bytes. Use pickle.");
  EXPECT_EQ(refused(Value::set({1})), "JSON cannot hold {1}, which is a set. Use pickle.");
  EXPECT_EQ(refused(Date{2026, 1, 2}),
            "JSON cannot hold datetime.date(2026, 1, 2), which is a datetime.date. Use pickle.");
  EXPECT_EQ(refused(Value::dict({{Value::tuple({1}), 2}})),
            "JSON cannot hold the key (1,), which is a tuple. Use pickle.");
  EXPECT_EQ(refused("\xff"),
            R"(cannot write '\xff' as JSON: it is not UTF-8. Use Bytes and pickle.)");
  EXPECT_THAT(refused(Opaque{"m", "C"}), HasSubstr("m.C"));
}

TEST(ReadJson, ReadsPythonsDialect) {
  EXPECT_EQ(read_json(" [1, 2.0 ,\"a\", null,true,false]\n"),
            Value::list({1, 2.0, "a", nullptr, true, false}));
  EXPECT_EQ(read_json("[NaN, Infinity, -Infinity]"),
            Value::list({std::nan(""), kInfinite, -kInfinite}));
  EXPECT_EQ(read_json("{}"), Value::dict());
  EXPECT_EQ(read_json("[]"), Value::list());
  EXPECT_EQ(read_json(R"({"a": {"b": [1]}})").repr(), "{'a': {'b': [1]}}");
}

TEST(ReadJson, KeepsIntegersAndFloatsApart) {
  EXPECT_EQ(read_json("-0").kind(), Value::Kind::integer);
  EXPECT_EQ(read_json("-0.0").repr(), "-0.0");
  EXPECT_EQ(read_json("1e2"), 100.0);
  EXPECT_EQ(read_json("1E+2"), 100.0);
  EXPECT_EQ(read_json("9223372036854775808").repr(), "9223372036854775808");
  EXPECT_EQ(read_json("-123456789012345678901234567890").repr(), "-123456789012345678901234567890");
  EXPECT_EQ(read_json("1e400"), kInfinite);
}

TEST(ReadJson, ReadsEscapes) {
  EXPECT_EQ(read_json(R"("\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00")"), "\"\\/\b\f\n\r\té😀");
  EXPECT_EQ(read_json(R"("\ud800")"), "\xed\xa0\x80");
  EXPECT_EQ(read_json(R"("\ud800\u0041")"),
            "\xed\xa0\x80"
            "A");
  EXPECT_EQ(read_json(R"("\udc00\ud800")"), "\xed\xb0\x80\xed\xa0\x80");
  EXPECT_EQ(read_json("\"a\\u0000b\""), "a\0b"s);
  EXPECT_EQ(read_json("\"é\x7f\""), "é\x7f");
}

TEST(ReadJson, LetsTheLastOfEqualKeysWin) {
  EXPECT_EQ(read_json(R"({"a": 1, "b": 2, "a": 3})").repr(), "{'a': 3, 'b': 2}");
}

TEST(ReadJson, NamesTheByteWhereItStops) {
  EXPECT_EQ(refusal_of_json(""), "cannot read JSON: no value at byte 0");
  EXPECT_EQ(refusal_of_json("[1 2]"), "cannot read JSON: no ',' or ']' at byte 3");
  EXPECT_EQ(refusal_of_json("[1,]"), "cannot read JSON: no value at byte 3");
  EXPECT_EQ(refusal_of_json("[1"), "cannot read JSON: no ',' or ']' at byte 2");
  EXPECT_EQ(refusal_of_json("{1: 2}"), "cannot read JSON: a key that is no string at byte 1");
  EXPECT_EQ(refusal_of_json(R"({"a" 1})"), "cannot read JSON: no ':' after a key at byte 5");
  EXPECT_EQ(refusal_of_json(R"({"a": 1,})"), "cannot read JSON: a key that is no string at byte 8");
  EXPECT_EQ(refusal_of_json("1 x"), "cannot read JSON: something after the value at byte 2");
  EXPECT_EQ(refusal_of_json("\"a"), "cannot read JSON: a string without end at byte 2");
  EXPECT_EQ(refusal_of_json("\"a\nb\""),
            "cannot read JSON: a control character in a string at byte 2");
  EXPECT_EQ(refusal_of_json("\"\\x\""), "cannot read JSON: an unknown escape at byte 2");
  EXPECT_EQ(refusal_of_json("\"\\u12g4\""),
            "cannot read JSON: a \\u without four hex digits at byte 3");
  EXPECT_EQ(refusal_of_json("\"\\u12"),
            "cannot read JSON: a \\u without four hex digits at byte 3");
  EXPECT_EQ(refusal_of_json("\"a\xff\""), "cannot read JSON: text that is not UTF-8 at byte 2");
  EXPECT_EQ(refusal_of_json("\"\xed\xa0\x80\""),
            "cannot read JSON: text that is not UTF-8 at byte 1");
}

TEST(ReadJson, RefusesWhatIsNotQuiteANumber) {
  for (const auto* text : {"-", "+1", "01", "-01", ".5", "1.", "1.e5", "1e", "1e+", "0x1", "nan",
                           "-NaN", "inf", "--1", "1_0", "True", "None", "'a'"}) {
    EXPECT_THROW(read_json(text), DecodeError) << text;
  }
  EXPECT_THAT(refusal_of_json(std::string(5000, '1')), HasSubstr("an integer of 5000 digits"));
}

TEST(ReadJson, LimitsTheMemory) {
  std::string zeros = "[0";
  for (int i = 0; i < 1000; ++i) zeros += ",0";

  EXPECT_EQ(read_json(zeros + "]", 100'000).items().size(), 1001);
  EXPECT_THROW(read_json(zeros + "]", 10'000), DecodeError);
}

TEST(ReadJson, LimitsTheDepth) {
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };

  EXPECT_EQ(read_json(nested(Value::kMaxDepth)).depth(), Value::kMaxDepth);
  EXPECT_THAT(refusal_of_json(nested(Value::kMaxDepth + 1)), HasSubstr("nesting deeper than 512"));
  EXPECT_THAT(refusal_of_json(std::string(1'000'000, '[')), HasSubstr("nesting deeper than 512"));
}

}  // namespace
}  // namespace rqpp::codec
