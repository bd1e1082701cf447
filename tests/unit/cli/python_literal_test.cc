#include "cli/python_literal.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

using ::testing::HasSubstr;

std::string read(std::string_view text) { return parse_python_literal(text).repr(); }

std::string error_of(std::string_view text) {
  try {
    return "read as " + read(text);
  } catch (const DecodeError& error) {
    return error.what();
  }
}

TEST(PythonLiteral, ReadsConstants) {
  EXPECT_EQ(read("None"), "None");
  EXPECT_EQ(read("True"), "True");
  EXPECT_EQ(read(" False "), "False");
}

TEST(PythonLiteral, ReadsIntegersOfAnySizeAndBase) {
  EXPECT_EQ(read("0"), "0");
  EXPECT_EQ(read("00"), "0");
  EXPECT_EQ(read("-42"), "-42");
  EXPECT_EQ(read("+ 7"), "7");
  EXPECT_EQ(read("1_000_000"), "1000000");
  EXPECT_EQ(read("0xFF"), "255");
  EXPECT_EQ(read("0x_ff_ff"), "65535");
  EXPECT_EQ(read("0o17"), "15");
  EXPECT_EQ(read("0b101"), "5");
  EXPECT_EQ(read("-0x8000000000000000"), "-9223372036854775808");
  EXPECT_EQ(read("0xFFFFFFFFFFFFFFFFFFFFFFFF"), "79228162514264337593543950335");
  EXPECT_EQ(read("123456789012345678901234567890"), "123456789012345678901234567890");
}

TEST(PythonLiteral, ReadsFloats) {
  EXPECT_EQ(read("1.5"), "1.5");
  EXPECT_EQ(read("-.5"), "-0.5");
  EXPECT_EQ(read("1."), "1.0");
  EXPECT_EQ(read("1.e3"), "1000.0");
  EXPECT_EQ(read("1e-07"), "1e-07");
  EXPECT_EQ(read("1_0.2_5"), "10.25");
  EXPECT_EQ(read("1e999"), "inf");
  EXPECT_EQ(read("007.5"), "7.5");
}

TEST(PythonLiteral, ReadsStringsWithTheirEscapes) {
  EXPECT_EQ(read(R"('it''s')"), R"('its')");
  EXPECT_EQ(read(R"("it's")"), R"("it's")");
  EXPECT_EQ(parse_python_literal(R"('\n\t\\\'\x41\101\0\u00e9\U0001F600')"),
            Value(std::string("\n\t\\'AA\0é😀", 13)));
  EXPECT_EQ(parse_python_literal(R"('\d')"), Value("\\d"));
  EXPECT_EQ(parse_python_literal(R"(r'\d\'')"), Value("\\d\\'"));
  EXPECT_EQ(parse_python_literal(R"(r'\\')"), Value("\\\\"));
  EXPECT_EQ(parse_python_literal("'''a\n'b''c'''"), Value("a\n'b''c"));
  EXPECT_EQ(parse_python_literal("'a' \"b\"\n u'c'"), Value("abc"));
}

TEST(PythonLiteral, ReadsBytes) {
  EXPECT_EQ(read(R"(b'a\x00\xff')"), R"(b'a\x00\xff')");
  EXPECT_EQ(read(R"(b'\u00e9')"), R"(b'\\u00e9')");
  EXPECT_EQ(read(R"(Rb'\n')"), R"(b'\\n')");
  EXPECT_EQ(read("b'a' b'b'"), "b'ab'");
}

TEST(PythonLiteral, ReadsContainers) {
  EXPECT_EQ(read("[1, 'a', [2.5,],]"), "[1, 'a', [2.5]]");
  EXPECT_EQ(read("()"), "()");
  EXPECT_EQ(read("(1)"), "1");
  EXPECT_EQ(read("(1,)"), "(1,)");
  EXPECT_EQ(read("1, 2"), "(1, 2)");
  EXPECT_EQ(read("{}"), "{}");
  EXPECT_EQ(read("{'a': (1, 2), 3: None,}"), "{'a': (1, 2), 3: None}");
  EXPECT_EQ(read("{1, 2, 1}"), "{1, 2}");
  EXPECT_EQ(read("set()"), "set()");
  EXPECT_EQ(read("[ # a comment\n 1,\\\n 2]"), "[1, 2]");
}

TEST(PythonLiteral, RefusesWhatIsNoLiteral) {
  for (const char* text : {"",
                           "1 2",
                           "[1",
                           "[1,,2]",
                           "[,]",
                           "(,)",
                           "{1: 2, 3}",
                           "{1, 2: 3}",
                           "abc",
                           "f('x')",
                           "1 + 1",
                           "1j",
                           "01",
                           "1__0",
                           "1_",
                           "0x",
                           "0b2",
                           "1.5.2",
                           "'a",
                           "'a\n'",
                           "'a' b'b'",
                           "b'é'",
                           R"('\xg0')",
                           R"('\N{BULLET}')",
                           R"('\U00110000')",
                           "ur'a'",
                           "[1, 2}",
                           "--",
                           "-'a'",
                           "...",
                           "{[1]}",
                           "{[1]: 2}",
                           "set(1)",
                           "\xff",
                           "'\xff'",
                           "__import__('os')"}) {
    EXPECT_THROW(parse_python_literal(text), DecodeError) << text;
  }
}

TEST(PythonLiteral, SaysWhereItFailed) {
  EXPECT_EQ(error_of("[1, 2"), "expected ',' or ']' at byte 5");
  EXPECT_EQ(error_of("hello"), "the name 'hello' is no literal (text stands in quotes) at byte 5");
  EXPECT_THAT(error_of("{[1]}"), HasSubstr("mutable"));
}

TEST(PythonLiteral, BoundsNestingAndSize) {
  EXPECT_EQ(parse_python_literal(std::string(100, '[') + std::string(100, ']')).depth(), 100U);
  EXPECT_EQ(error_of(std::string(100'000, '[')), "nested too deeply at byte 200");
  EXPECT_EQ(error_of(std::string(5'000, '1')), "an integer has too many digits at byte 5000");
  EXPECT_EQ(error_of("0x" + std::string(5'000, 'f')),
            "an integer has too many digits at byte 5002");
}

}  // namespace
}  // namespace rqpp::cli
