#include "codec/repr.h"

#include <gtest/gtest.h>

#include <limits>

#include "base/utf8.h"
#include "print_value.h"

namespace rqpp::codec {
namespace {

TEST(Repr, OfTextChoosesItsQuotes) {
  EXPECT_EQ(Value("abc").repr(), "'abc'");
  EXPECT_EQ(Value("it's").repr(), R"("it's")");
  EXPECT_EQ(Value(R"(say "hi")").repr(), R"('say "hi"')");
  EXPECT_EQ(Value(R"(both ' and ")").repr(), R"('both \' and "')");
}

TEST(Repr, OfTextEscapesWhatCannotBeSeen) {
  EXPECT_EQ(Value("a\\b\n\r\t\x1b\x7f").repr(), R"('a\\b\n\r\t\x1b\x7f')");
  EXPECT_EQ(Value("é€😀").repr(), "'é€😀'");
  EXPECT_EQ(Value("\u00a0\u00ad\u200b\u2028\ue000").repr(), R"('\xa0\xad\u200b\u2028\ue000')");
  EXPECT_EQ(Value("\U000e0001").repr(), R"('\U000e0001')");
  EXPECT_EQ(Value("\xed\xa0\x80").repr(), R"('\ud800')");
}

TEST(Repr, OfTextShowsBytesThatAreNoUtf8) {
  EXPECT_EQ(Value("a\xff\xc3").repr(), R"('a\xff\xc3')");
}

TEST(Repr, OfBytes) {
  EXPECT_EQ(Value(Bytes{std::string("a\0\xff'\t", 5)}).repr(), R"(b"a\x00\xff'\t")");
  EXPECT_EQ(Value(Bytes{"'\""}).repr(), R"(b'\'"')");
  EXPECT_EQ(Value(ByteArray{"ab"}).repr(), "bytearray(b'ab')");
  EXPECT_EQ(Value(ByteArray{"it's"}).repr(), R"(bytearray(b"it\'s"))");
}

TEST(Repr, OfContainers) {
  EXPECT_EQ(Value::list({1, "a"}).repr(), "[1, 'a']");
  EXPECT_EQ(Value::tuple().repr(), "()");
  EXPECT_EQ(Value::tuple({1}).repr(), "(1,)");
  EXPECT_EQ(Value::tuple({1, 2}).repr(), "(1, 2)");
  EXPECT_EQ(Value::dict().repr(), "{}");
  EXPECT_EQ(Value::dict({{"k", 1}, {2, nullptr}}).repr(), "{'k': 1, 2: None}");
  EXPECT_EQ(Value::set().repr(), "set()");
  EXPECT_EQ(Value::set({1}).repr(), "{1}");
  EXPECT_EQ(Value::frozenset().repr(), "frozenset()");
  EXPECT_EQ(Value::frozenset({1}).repr(), "frozenset({1})");
}

TEST(Repr, OfTimes) {
  EXPECT_EQ(Value(DateTime{{2026, 1, 2}, {}}).repr(), "datetime.datetime(2026, 1, 2, 0, 0)");
  EXPECT_EQ(Value(DateTime{{2026, 1, 2}, {3, 4, 0, 6, 1, TimeZone{}}}).repr(),
            "datetime.datetime(2026, 1, 2, 3, 4, 0, 6, fold=1, tzinfo=datetime.timezone.utc)");
  EXPECT_EQ(Value(TimeOfDay{.hour = 1, .second = 5}).repr(), "datetime.time(1, 0, 5)");
  EXPECT_EQ(Value(TimeOfDay{1, 2, 0, 0, 1, TimeZone{}}).repr(),
            "datetime.time(1, 2, tzinfo=datetime.timezone.utc, fold=1)");
  EXPECT_EQ(Value(TimeDelta{}).repr(), "datetime.timedelta(0)");
  EXPECT_EQ(Value(TimeDelta{-1, 0, 7}).repr(), "datetime.timedelta(days=-1, microseconds=7)");
  EXPECT_EQ(Value(TimeZone{{0, 3600, 0}, "CET"}).repr(),
            "datetime.timezone(datetime.timedelta(seconds=3600), 'CET')");
  EXPECT_EQ(Value(Date{2026, 1, 2}).repr(), "datetime.date(2026, 1, 2)");
}

TEST(Repr, OfAnOpaqueObjectIsItsName) {
  EXPECT_EQ(Value(Opaque{"fractions", "Fraction"}).repr(), "<fractions.Fraction>");
}

TEST(ShortRepr, KeepsSeventyFiveCharacters) {
  EXPECT_EQ(short_repr(std::string(73, 'x')), "'" + std::string(73, 'x') + "'");
  EXPECT_EQ(short_repr(std::string(74, 'x')), "'" + std::string(74, 'x') + "...");
}

TEST(ShortRepr, CountsCharactersAndNotBytes) {
  std::string smileys;
  for (int i = 0; i < 100; ++i) smileys += "😀";

  EXPECT_EQ(short_repr(smileys), "'" + smileys.substr(0, 74 * 4) + "...");
}

TEST(ShortRepr, DoesNotWalkAllOfALargeValue) {
  Value value = Value::list({std::string(1000, 'x')});
  for (int i = 0; i < 15; ++i) value = Value::list({value, value});

  std::string text;
  append_repr(text, value, 300);

  EXPECT_LT(text.size(), 2000);
  EXPECT_EQ(short_repr(value), std::string(16, '[') + "'" + std::string(58, 'x') + "...");
}

TEST(Quoted, EscapesAndCuts) {
  EXPECT_EQ(codec::quoted("1.5"), "'1.5'");
  EXPECT_EQ(codec::quoted("a\nb"), "'a\\nb'");
  EXPECT_EQ(codec::quoted(std::string(100'000, 'x')), "'" + std::string(74, 'x') + "...");
}

TEST(Utf8, FindsTheFirstWrongByte) {
  constexpr auto kNone = std::string_view::npos;
  EXPECT_EQ(base::find_invalid_utf8(""), kNone);
  EXPECT_EQ(base::find_invalid_utf8("plain text, longer than a word; é€😀 \xed\xa0\x80"), kNone);
  EXPECT_EQ(base::find_invalid_utf8("ab\xed\xa0\x80", base::Surrogates::refuse), 2);
  EXPECT_EQ(base::find_invalid_utf8("0123456789\xff"), 10);
  EXPECT_EQ(base::find_invalid_utf8("\xc0\x80"), 0);          // overlong
  EXPECT_EQ(base::find_invalid_utf8("\xe0\x80\x80"), 0);      // overlong
  EXPECT_EQ(base::find_invalid_utf8("\xf0\x80\x80\x80"), 0);  // overlong
  EXPECT_EQ(base::find_invalid_utf8("\xf4\x90\x80\x80"), 0);  // beyond U+10FFFF
  EXPECT_EQ(base::find_invalid_utf8("a\xe2\x82"), 1);         // cut short
  EXPECT_EQ(base::find_invalid_utf8("a\x80"), 1);             // a lone continuation
  EXPECT_EQ(base::find_invalid_utf8("\xe2\x28\xa1"), 0);
}

TEST(Utf8, RoundTripsEveryCharacter) {
  for (char32_t code = 0; code <= 0x10ffff; code += 7) {
    std::string text;
    base::append_utf8(text, code);
    const base::Utf8Char read = base::first_char(text);
    ASSERT_EQ(read.code, code);
    ASSERT_EQ(read.length, text.size());
  }
}

TEST(Printable, FollowsTheUnicodeCategories) {
  for (const char32_t code : {U' ', U'a', U'é', U'中', U'😀', U'\u00ff'}) {
    EXPECT_TRUE(base::is_printable(code)) << static_cast<std::uint32_t>(code);
  }
  for (const char32_t code :
       {char32_t{0}, char32_t{0x7f}, char32_t{0x80}, char32_t{0xa0}, char32_t{0x378},
        char32_t{0xd800}, char32_t{0x3000}, char32_t{0xfffff}, char32_t{0x10ffff}}) {
    EXPECT_FALSE(base::is_printable(code)) << static_cast<std::uint32_t>(code);
  }
}

}  // namespace
}  // namespace rqpp::codec
