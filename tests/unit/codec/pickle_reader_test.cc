// What read_pickle makes of bytes that CPython would not write, and of what it must refuse.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

#include "codec/pickle.h"
#include "print_value.h"

namespace rqpp::codec {
namespace {

using namespace std::string_literals;
using ::testing::EndsWith;
using ::testing::HasSubstr;

/// The message of the refusal, without its common start.
std::string refusal_of_pickle(std::string_view pickle,
                              std::size_t memory_limit = kMaxExpandedBytes) {
  try {
    return "was read as " + read_pickle(pickle, memory_limit).repr();
  } catch (const DecodeError& error) {
    const std::string_view message = error.what();
    constexpr std::string_view kStart = "cannot read pickle: ";
    return std::string(message.starts_with(kStart) ? message.substr(kStart.size()) : message);
  }
}

std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}

std::string text(const std::string& content) {
  return "\x8c"s + static_cast<char>(content.size()) + content;
}

TEST(ReadPickle, NamesTheByteWhereItStops) {
  EXPECT_EQ(refusal_of_pickle("\x80\x04K\x01"), "the input is cut short at byte 4");
  EXPECT_EQ(refusal_of_pickle("\x80\x04\x8c\x05"
                              "ab."),
            "the input is cut short at byte 2");
  EXPECT_EQ(refusal_of_pickle("\x80\x04NN\xff."), "unknown opcode 0xff at byte 4");
}

TEST(ReadPickle, RefusesOtherProtocols) {
  EXPECT_THAT(refusal_of_pickle(""), HasSubstr("no 0x80"));
  EXPECT_THAT(refusal_of_pickle("I1\n."), HasSubstr("no pickle of protocol 2 to 5"));
  EXPECT_EQ(refusal_of_pickle("\x80\x01N."), "protocol 1; only 2 to 5 are supported at byte 0");
  EXPECT_EQ(refusal_of_pickle("\x80\x06N."), "protocol 6; only 2 to 5 are supported at byte 0");
}

TEST(ReadPickle, NamesTheOpcodesItRefuses) {
  EXPECT_EQ(refusal_of_pickle("\x80\x02U\x01x."),
            "opcode SHORT_BINSTRING is not supported at byte 2");
  EXPECT_EQ(refusal_of_pickle("\x80\x02I1\n."), "opcode INT is not supported at byte 2");
  EXPECT_EQ(refusal_of_pickle("\x80\x02iposix\nsystem\n."),
            "opcode INST is not supported at byte 2");
  EXPECT_EQ(refusal_of_pickle("\x80\x02NQ."), "opcode BINPERSID is not supported at byte 3");
  EXPECT_EQ(refusal_of_pickle("\x80\x02\x82\x01."), "opcode EXT1 is not supported at byte 2");
  EXPECT_EQ(refusal_of_pickle("\x80\x05)}\x92."), "opcode NEWOBJ_EX is not supported at byte 4");
  EXPECT_EQ(refusal_of_pickle("\x80\x05\x97."), "opcode NEXT_BUFFER is not supported at byte 2");
}

TEST(ReadPickle, BelievesNoLength) {
  EXPECT_EQ(refusal_of_pickle("\x80\x04X\xff\xff\xff\xff."), "the input is cut short at byte 2");
  EXPECT_EQ(refusal_of_pickle("\x80\x04\x8e\xff\xff\xff\xff\xff\xff\xff\xff."),
            "the input is cut short at byte 2");
  EXPECT_EQ(refusal_of_pickle("\x80\x05\x96\xff\xff\xff\xff\xff\xff\xff\x7f."),
            "the input is cut short at byte 2");
  EXPECT_EQ(refusal_of_pickle("\x80\x04\x8b\xff\xff\xff\xff."), "the input is cut short at byte 2");
  EXPECT_EQ(refusal_of_pickle("\x80\x04\x95\x02\0\0\0\0\0\0\0."s),
            "a frame longer than the input at byte 2");
}

TEST(ReadPickle, ChecksItsStack) {
  EXPECT_EQ(refusal_of_pickle("\x80\x04."), "an empty stack at byte 2");
  EXPECT_EQ(refusal_of_pickle("\x80\x04\x86."), "too few values on the stack at byte 2");
  EXPECT_EQ(refusal_of_pickle("\x80\x04Nt."), "no mark on the stack at byte 3");
  EXPECT_EQ(refusal_of_pickle("\x80\x04(."), "a mark where a value belongs at byte 3");
  EXPECT_EQ(refusal_of_pickle("\x80\x04]0a."), "too few values on the stack at byte 4");
  EXPECT_EQ(refusal_of_pickle("\x80\x04(NNNu."), "a key without a value at byte 6");
  EXPECT_EQ(refusal_of_pickle("\x80\x04N(e."), "items for something that takes none at byte 4");
  EXPECT_EQ(refusal_of_pickle("\x80\x04](NNu."), "items for something that takes none at byte 6");
  EXPECT_EQ(refusal_of_pickle("\x80\x04}(N\x90."), "items for something that takes none at byte 5");
  EXPECT_EQ(refusal_of_pickle("\x80\x04(NNNd."), "a key without a value at byte 6");
}

TEST(ReadPickle, TakesMarksOffTheStackWithPop) {
  EXPECT_EQ(read_pickle("\x80\x04N(0."), nullptr);
  EXPECT_EQ(read_pickle("\x80\x04N(NN1."), nullptr);
  EXPECT_EQ(refusal_of_pickle("\x80\x04N(0t."), "no mark on the stack at byte 5");
}

TEST(ReadPickle, ReadsTheOpcodesThatCPythonNoLongerWrites) {
  EXPECT_EQ(read_pickle("\x80\x02(K\x01K\x02l."), Value::list({1, 2}));
  EXPECT_EQ(read_pickle("\x80\x02(K\x01K\x02"
                        "d."),
            Value::dict({{1, 2}}));
  EXPECT_EQ(read_pickle("\x80\x02K\x01"
                        "2\x86."),
            Value::tuple({1, 1}));
  EXPECT_EQ(read_pickle("\x80\x04\x8d\x01\0\0\0\0\0\0\0x."s), "x");
  EXPECT_EQ(read_pickle("\x80\x04\x8e\x01\0\0\0\0\0\0\0x."s), Bytes{"x"});
  EXPECT_EQ(read_pickle("\x80\x04\x8a\0."s), 0);
  EXPECT_EQ(read_pickle("\x80\x04\x8a\x09\x01\0\0\0\0\0\0\0\0."s), 1);
}

TEST(ReadPickle, IgnoresWhatFollowsTheEnd) { EXPECT_EQ(read_pickle("\x80\x04N.junk"), nullptr); }

TEST(ReadPickle, RefusesTextThatIsNoUtf8) {
  EXPECT_EQ(refusal_of_pickle("\x80\x04\x8c\x01\xff."), "a str that is not UTF-8 at byte 2");
}

TEST(ReadPickle, LimitsTheDepth) {
  const auto nested = [](std::size_t depth) {
    return "\x80\x04" + std::string(depth, ']') + std::string(depth - 1, 'a') + ".";
  };

  EXPECT_EQ(read_pickle(nested(Value::kMaxDepth)).depth(), Value::kMaxDepth);
  EXPECT_THAT(refusal_of_pickle(nested(Value::kMaxDepth + 1)),
              HasSubstr("containers nest deeper than 512"));
  EXPECT_THAT(refusal_of_pickle(nested(20'000)), HasSubstr("containers nest deeper than 512"));
}

TEST(ReadPickle, LimitsTheDepthOfTuples) {
  EXPECT_THAT(refusal_of_pickle("\x80\x04)" + std::string(20'000, '\x85') + "."),
              HasSubstr("containers nest deeper than 512"));
}

TEST(ReadPickle, RefusesReferencesThatMultiply) {
  std::string bomb = "\x80\x04\x8c\x01x";
  for (int i = 0; i < 60; ++i) bomb += "2\x86";

  EXPECT_THAT(refusal_of_pickle(bomb + "."), HasSubstr("multiply"));
}

TEST(ReadPickle, RefusesASmallerBombThatStillExpandsTooFar) {
  std::string bomb = "\x80\x04N";
  for (int i = 0; i < 26; ++i) bomb += "2\x86";

  EXPECT_THAT(refusal_of_pickle(bomb + "."), HasSubstr("multiply"));
}

TEST(ReadPickle, RefusesCopiesOfLongTextBeyondTheBudget) {
  std::string bomb = "\x80\x04X\0\4\0\0"s + std::string(1024, 'x') + "\x94";
  for (int i = 0; i < 2000; ++i) bomb += "h\0"s;

  EXPECT_THAT(refusal_of_pickle(bomb + ".", 1 << 20), HasSubstr("the value takes too much memory"));
  EXPECT_EQ(read_pickle(bomb + ".", 4 << 20).as_string().size(), 1024);
}

TEST(ReadPickle, RefusesCopiesOfLongBytesBeyondTheBudget) {
  std::string bomb =
      "\x80\x04"
      "B\0\4\0\0"s +
      std::string(1024, 'x');
  const std::string ways[] = {std::string(2000, '2'), std::string(2000, '\x94')};

  for (const std::string& way : ways) {
    EXPECT_THAT(refusal_of_pickle(bomb + way + ".", 1 << 20),
                HasSubstr("the value takes too much memory"));
  }
}

TEST(ReadPickle, RefusesMoreValuesThanTheBudget) {
  const std::string values(100'000, 'N');

  EXPECT_THAT(refusal_of_pickle("\x80\x04(" + values + "t.", 1 << 20),
              HasSubstr("the value takes too much memory"));
}

TEST(ReadPickle, RefusesKeysThatAreCostlyToCompare) {
  std::string deep = "\x80\x04K\x01";  // A frozenset of a tuple that expands to 2^20 values, again
  for (int i = 0; i < 20; ++i) deep += "2\x86";  // and again.
  deep += "\x94";
  for (int i = 0; i < 1000; ++i) deep += "(h\0\x91"s;

  EXPECT_THAT(refusal_of_pickle(deep + "."), HasSubstr("the value takes too much memory"));
}

TEST(ReadPickle, RefusesMemoIndicesOutOfOrder) {
  EXPECT_EQ(refusal_of_pickle("\x80\x04Nr\xff\xff\xff\xff."),
            "memo index 4294967295 is out of order at byte 3");
  EXPECT_EQ(refusal_of_pickle("\x80\x04h\x05."), "nothing is memoized as 5 at byte 2");
  EXPECT_EQ(refusal_of_pickle("\x80\x04(\x94."), "a mark cannot be memoized at byte 3");
}

TEST(ReadPickle, SharesWhatTheMemoRepeats) {
  const Value value = read_pickle(
      "\x80\x04]\x94(]\x94K\x01"
      "ah\x01h\x01"
      "e.");

  ASSERT_EQ(value.repr(), "[[1], [1], [1]]");
  EXPECT_EQ(value.items()[0].items().data(), value.items()[2].items().data());
}

TEST(ReadPickle, RepeatsTextOfTheMemo) {
  EXPECT_EQ(read_pickle("\x80\x04(" + text("ab") + "\x94h\0\x94h\x01t."s).repr(),
            "('ab', 'ab', 'ab')");
}

TEST(ReadPickle, ForgetsAContainerThatLeftTheStackUnused) {
  EXPECT_EQ(refusal_of_pickle("\x80\x04N]\x94"
                              "0h\0."s),
            "nothing is memoized as 0 at byte 6");
}

TEST(ReadPickle, RefusesADictInItself) {
  EXPECT_EQ(refusal_of_pickle("\x80\x04}\x94K\x01h\0s."s),
            "a container that holds itself at byte 8");
}

TEST(ReadPickle, RefusesKeysThatPythonCannotHash) {
  EXPECT_THAT(refusal_of_pickle("\x80\x04}]Ns."),
              HasSubstr("a mutable value cannot be the key of a dict"));
  EXPECT_THAT(refusal_of_pickle("\x80\x04(]\x91."),
              HasSubstr("a mutable value cannot be in a set"));
}

TEST(ReadPickle, ReplacesTheValuesOfEqualKeys) {
  EXPECT_EQ(read_pickle("\x80\x04}(K\x01K\x02\x88K\x03u.").repr(), "{1: 3}");
}

TEST(ReadPickle, NeverCalls) {
  const Value value =
      read_pickle("\x80\x04" + global("os", "system") + text("rm -rf /") + "\x85R.");

  ASSERT_EQ(value.kind(), Value::Kind::opaque);
  EXPECT_EQ(value.type_name(), "os.system");
}

TEST(ReadPickle, KeepsTheNameOfAnObjectWithState) {
  const std::string object = "\x80\x04" + global("shop", "Cart") + ")\x81}" + text("n") + "K\x01sb";

  EXPECT_EQ(read_pickle(object + ".").type_name(), "shop.Cart");
  EXPECT_EQ(read_pickle(object + "(K\x01K\x02"
                                 "eK\x01K\x02s.")
                .type_name(),
            "shop.Cart");
}

TEST(ReadPickle, LooksThroughPythonsOwnReconstructors) {
  EXPECT_EQ(read_pickle("\x80\x02" + global("copy_reg", "_reconstructor") + "(" +
                        global("shop", "Cart") + global("__builtin__", "object") + "NtR.")
                .type_name(),
            "shop.Cart");
  EXPECT_EQ(
      read_pickle("\x80\x04" + global("builtins", "getattr") + global("zoneinfo", "ZoneInfo") +
                  text("_unpickle") + "\x86R" + text("Europe/Paris") + "K\x01\x86R.")
          .type_name(),
      "zoneinfo.ZoneInfo");
  EXPECT_EQ(read_pickle("\x80\x04" + global("builtins", "getattr") + global("paint", "Color") +
                        text("RED") + "\x86R.")
                .type_name(),
            "paint.Color.RED");
}

TEST(ReadPickle, MakesADatetimeInAnUnknownZoneOpaque) {
  const std::string state = "C\x0a\x07\xea\x01\x02\x03\x04\x05\0\0\x06"s;
  const Value value = read_pickle("\x80\x04" + global("datetime", "datetime") + state +
                                  global("pytz", "UTC") + "\x86R.");

  EXPECT_EQ(value.type_name(), "pytz.UTC");
}

TEST(ReadPickle, ChecksTheStateOfDates) {
  const auto datetime = [](const std::string& state) {
    return "\x80\x04" + global("datetime", "datetime") + "C" + static_cast<char>(state.size()) +
           state + "\x85R.";
  };

  EXPECT_THAT(refusal_of_pickle(datetime("short")),
              HasSubstr("datetime.datetime: a state of 5 bytes instead of 10"));
  EXPECT_THAT(refusal_of_pickle(datetime("\x07\xea\x02\x1e\0\0\0\0\0\0"s)),
              HasSubstr("no 2026-02-30"));
  EXPECT_THAT(refusal_of_pickle(datetime("\x07\xea\x01\x01\x19\0\0\0\0\0"s)),
              HasSubstr("hour is 25"));
  EXPECT_THAT(refusal_of_pickle("\x80\x04" + global("datetime", "datetime") + "K\x01\x85R."),
              HasSubstr("datetime.datetime: expected bytes, got int 1"));
  EXPECT_THAT(refusal_of_pickle("\x80\x04" + global("datetime", "timedelta") + "K\x01K\x01\x86R."),
              HasSubstr("datetime.timedelta: 2 arguments instead of 3 to 3"));
  EXPECT_THAT(refusal_of_pickle("\x80\x04" + global("datetime", "timezone") + "K\x01\x85R."),
              HasSubstr("datetime.timezone: an offset that is a int"));
  EXPECT_THAT(
      refusal_of_pickle("\x80\x04" + global("decimal", "Decimal") + text("1; drop") + "\x85R."),
      HasSubstr("decimal.Decimal: not a Decimal: '1; drop'"));
}

TEST(ReadPickle, ChecksTheNumberOfAUuid) {
  const auto uuid = [](const std::string& number) {
    return "\x80\x04" + global("uuid", "UUID") + ")\x81}" + text("int") + number + "sb.";
  };

  EXPECT_EQ(read_pickle(uuid("K\x2a")).repr(), "UUID('00000000-0000-0000-0000-00000000002a')");
  EXPECT_EQ(read_pickle(uuid("\x8a\x11" + std::string(16, '\xff') + "\0"s)).repr(),
            "UUID('ffffffff-ffff-ffff-ffff-ffffffffffff')");
  EXPECT_THAT(refusal_of_pickle(uuid("J\xff\xff\xff\xff")), HasSubstr("a number beyond 128 bits"));
  EXPECT_THAT(refusal_of_pickle(uuid("\x8a\x12" + std::string(17, '\x01') + "\0"s)),
              HasSubstr("a number beyond 128 bits"));
  EXPECT_THAT(refusal_of_pickle("\x80\x04" + global("uuid", "UUID") + ")\x81}b."),
              HasSubstr("no key 'int'"));
}

TEST(ReadPickle, SharesAUuidThatTheMemoRepeats) {
  const std::string uuid = global("uuid", "UUID") + ")\x81\x94}" + text("int") + "K\x2asb";

  const Value value = read_pickle("\x80\x04" + uuid + "h\0\x86."s);

  EXPECT_EQ(value.items()[0], value.items()[1]);
  EXPECT_EQ(value.items()[1].kind(), Value::Kind::uuid);
  EXPECT_EQ(refusal_of_pickle("\x80\x04" + global("uuid", "UUID") + ")\x81\x94h\0."s),
            "a reference to an object without state at byte 16");
}

TEST(ReadPickle, ChecksWhatIsCalled) {
  EXPECT_THAT(refusal_of_pickle("\x80\x04" + text("os") + ")R."), HasSubstr("a call of a str"));
  EXPECT_THAT(refusal_of_pickle("\x80\x04" + global("m", "f") + "NR."),
              HasSubstr("without a tuple"));
  EXPECT_THAT(refusal_of_pickle("\x80\x04N)\x81."), HasSubstr("a new object of a NoneType"));
  EXPECT_THAT(refusal_of_pickle("\x80\x04K\x01}b."), HasSubstr("a state for a int"));
  EXPECT_THAT(refusal_of_pickle("\x80\x04K\x01K\x02\x93."), HasSubstr("expected a str, got int 1"));
  EXPECT_THAT(refusal_of_pickle("\x80\x04"
                                "cno_newline"),
              HasSubstr("cut short"));
}

TEST(ReadPickle, RefusesTextBeyondLatin1AsOldBytes) {
  const auto encode = [](const std::string& content, const std::string& encoding) {
    return "\x80\x02" + global("_codecs", "encode") + text(content) + text(encoding) + "\x86R.";
  };

  EXPECT_EQ(read_pickle(encode("a\xc3\xbf", "latin1")), Bytes{"a\xff"});
  EXPECT_THAT(refusal_of_pickle(encode("€", "latin1")), HasSubstr("text beyond latin1"));
  EXPECT_THAT(refusal_of_pickle(encode("a", "utf-8")), HasSubstr("an encoding other than latin1"));
}

}  // namespace
}  // namespace rqpp::codec
