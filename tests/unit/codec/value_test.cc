#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include <rqpp/error.h>
#include <rqpp/value.h>

#include "print_value.h"

namespace rqpp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

template <class ErrorType, class Action>
std::string message_of(Action action) {
  try {
    action();
  } catch (const ErrorType& error) {
    return error.what();
  }
  return "nothing was thrown";
}

/// `[[[...]]]`.
Value nested_list(std::size_t depth) {
  Value value = Value::list();
  for (std::size_t i = 1; i < depth; ++i) value = Value::list({value});
  return value;
}

TEST(Value, KnowsWhatItWasMadeOf) {
  EXPECT_EQ(Value().kind(), Value::Kind::null);
  EXPECT_EQ(Value(nullptr).kind(), Value::Kind::null);
  EXPECT_EQ(Value(true).kind(), Value::Kind::boolean);
  EXPECT_EQ(Value(7).kind(), Value::Kind::integer);
  EXPECT_EQ(Value(7.5).kind(), Value::Kind::real);
  EXPECT_EQ(Value("a").kind(), Value::Kind::string);
  EXPECT_EQ(Value(Bytes{"a"}).kind(), Value::Kind::bytes);
  EXPECT_EQ(Value(ByteArray{"a"}).kind(), Value::Kind::bytearray);
  EXPECT_EQ(Value::list().kind(), Value::Kind::list);
  EXPECT_EQ(Value::tuple().kind(), Value::Kind::tuple);
  EXPECT_EQ(Value::dict().kind(), Value::Kind::dict);
  EXPECT_EQ(Value::set().kind(), Value::Kind::set);
  EXPECT_EQ(Value::frozenset().kind(), Value::Kind::frozenset);
  EXPECT_EQ(Value(Date{}).kind(), Value::Kind::date);
  EXPECT_EQ(Value(TimeOfDay{}).kind(), Value::Kind::time);
  EXPECT_EQ(Value(DateTime{}).kind(), Value::Kind::datetime);
  EXPECT_EQ(Value(TimeDelta{}).kind(), Value::Kind::timedelta);
  EXPECT_EQ(Value(TimeZone{}).kind(), Value::Kind::timezone);
  EXPECT_EQ(Value(Decimal{"1"}).kind(), Value::Kind::decimal);
  EXPECT_EQ(Value(Uuid{}).kind(), Value::Kind::uuid);
  EXPECT_EQ(Value(Opaque{"m", "C"}).kind(), Value::Kind::opaque);
}

TEST(Value, NamesThePythonType) {
  EXPECT_EQ(Value().type_name(), "NoneType");
  EXPECT_EQ(Value(BigInteger{"99999999999999999999"}).type_name(), "int");
  EXPECT_EQ(Value(DateTime{}).type_name(), "datetime.datetime");
  EXPECT_EQ(Value(Uuid{}).type_name(), "uuid.UUID");
  EXPECT_EQ(Value(Opaque{"fractions", "Fraction"}).type_name(), "fractions.Fraction");
  EXPECT_EQ(Value(Opaque{"builtins", "complex"}).type_name(), "complex");
}

TEST(Value, KeepsEveryIntegerOf64Bits) {
  EXPECT_EQ(Value(std::numeric_limits<std::int64_t>::min()).as_int(),
            std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(Value(std::uint64_t{7}).as_int(), 7);
  EXPECT_EQ(Value(std::numeric_limits<std::uint64_t>::max()).repr(), "18446744073709551615");
}

TEST(Value, MakesABigIntegerThatFitsAnInt) {
  EXPECT_EQ(Value(BigInteger{"-0042"}).as_int(), -42);
  EXPECT_EQ(Value(BigInteger{"-0"}).as_int(), 0);
  EXPECT_EQ(Value(BigInteger{"9223372036854775807"}).kind(), Value::Kind::integer);
  EXPECT_EQ(Value(BigInteger{"9223372036854775808"}).kind(), Value::Kind::big_integer);
}

TEST(Value, RefusesABigIntegerThatIsNoInteger) {
  EXPECT_THROW(Value(BigInteger{""}), InvalidArgument);
  EXPECT_THROW(Value(BigInteger{"-"}), InvalidArgument);
  EXPECT_THROW(Value(BigInteger{"1.5"}), InvalidArgument);
  EXPECT_THROW(Value(BigInteger{std::string(4301, '1')}), InvalidArgument);
  EXPECT_NO_THROW(Value(BigInteger{std::string(4300, '1')}));
}

TEST(Value, SaysWhatWasExpectedAndWhatItIs) {
  const auto message = [](auto get) { return message_of<DecodeError>(get); };

  EXPECT_EQ(message([] { (void)Value("abc").as_int(); }), "expected an int, got str 'abc'");
  EXPECT_EQ(message([] { (void)Value(true).as_int(); }), "expected an int, got bool True");
  EXPECT_EQ(message([] { (void)Value().as_string(); }), "expected a str, got None");
  EXPECT_EQ(message([] { (void)Value("a").as_double(); }), "expected a float, got str 'a'");
  EXPECT_EQ(message([] { (void)Value(1).as_bool(); }), "expected a bool, got int 1");
  EXPECT_EQ(message([] { (void)Value("a").as_bytes(); }), "expected bytes, got str 'a'");
  EXPECT_EQ(message([] { (void)Value(1).items(); }), "expected a list, tuple or set, got int 1");
  EXPECT_EQ(message([] { (void)Value::list().pairs(); }), "expected a dict, got list []");
  EXPECT_EQ(message([] { (void)Value(BigInteger{"9223372036854775808"}).as_int(); }),
            "expected an int of 64 bits, got int 9223372036854775808");
}

TEST(Value, TakesIntegersAsDoubles) {
  EXPECT_EQ(Value(3).as_double(), 3.0);
  EXPECT_EQ(Value(BigInteger{"-1" + std::string(30, '0')}).as_double(), -1e30);
  EXPECT_EQ(Value(BigInteger{std::string(400, '9')}).as_double(),
            std::numeric_limits<double>::infinity());
}

TEST(Value, FindsKeysOfADict) {
  const Value value = Value::dict({{"n", 20}, {7, "seven"}});

  EXPECT_EQ(value.at("n").as_int(), 20);
  EXPECT_EQ(value.find("m"), nullptr);
  EXPECT_EQ(message_of<DecodeError>([&] { (void)value.at("m"); }),
            "no key 'm' in {'n': 20, 7: 'seven'}");
}

TEST(Value, HandsOutItsItemsOnce) {
  Value lone = Value::list({Bytes{std::string(100, 'x')}, 2});
  const char* data = lone.items()[0].as_bytes().data();

  const auto items = std::move(lone).take_items();

  EXPECT_EQ(items[0].as_bytes().data(), data);
  EXPECT_EQ(items[1], 2);
}

TEST(Value, KeepsTheItemsThatAnotherShares) {
  Value first = Value::tuple({1, 2});
  const Value second = first;

  EXPECT_THAT(std::move(first).take_items(), ElementsAre(1, 2));
  EXPECT_THAT(second.items(), ElementsAre(1, 2));
  EXPECT_THAT(Value::set({3}).take_items(), ElementsAre(3));
  EXPECT_THAT(Value::list().take_items(), IsEmpty());
}

TEST(Value, DropsRepeatedKeysAndKeepsTheFirstPlace) {
  const Value value = Value::dict({{1, "a"}, {"x", "b"}, {true, "c"}, {1.0, "d"}});

  EXPECT_EQ(value.repr(), "{1: 'd', 'x': 'b'}");
}

TEST(Value, DropsRepeatedKeysAmongMany) {
  Value::Pairs pairs;
  for (int i = 0; i < 100; ++i) pairs.emplace_back(i % 40, i);

  const Value value = Value::dict(std::move(pairs));

  ASSERT_EQ(value.pairs().size(), 40);
  EXPECT_EQ(value.pairs()[0], Value::Pair(0, 80));
  EXPECT_EQ(value.pairs()[39], Value::Pair(39, 79));
}

TEST(Value, DropsRepeatedMembersOfASet) {
  EXPECT_EQ(Value::set({3, 1, 3.0, "a", 1, true}).repr(), "{3, 1, 'a'}");
  EXPECT_EQ(Value::frozenset({1, 1}).repr(), "frozenset({1})");
}

TEST(Value, KeepsKeysApartThatAreNotEqualToThemselves) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Opaque color{"paint", "Color"};

  EXPECT_EQ(Value::set({nan, nan}).items().size(), 2);
  EXPECT_EQ(Value::dict({{color, 1}, {color, 2}}).pairs().size(), 2);
  EXPECT_EQ(Value::set({Value::tuple({1, color}), Value::tuple({1, color})}).items().size(), 2);
}

TEST(Value, RefusesMutableKeys) {
  const auto message = [](auto make) { return message_of<InvalidArgument>(make); };

  EXPECT_EQ(message([] {
              Value::dict({{Value::list(), 1}});
            }),
            "a mutable value cannot be the key of a dict");
  EXPECT_EQ(message([] {
              Value::set({Value::tuple({1, Value::dict()})});
            }),
            "a mutable value cannot be in a set");
  EXPECT_THROW(Value::set({ByteArray{"a"}}), InvalidArgument);
  EXPECT_THROW(Value::set({Value::set()}), InvalidArgument);
  EXPECT_NO_THROW(Value::set({Value::frozenset({1}), Value::tuple({1, Bytes{"a"}})}));
  EXPECT_NO_THROW(Value::dict({{1, Value::list()}}));
}

TEST(Value, RefusesToNestTooDeep) {
  EXPECT_EQ(nested_list(Value::kMaxDepth).depth(), Value::kMaxDepth);
  EXPECT_EQ(message_of<InvalidArgument>([] { nested_list(Value::kMaxDepth + 1); }),
            "containers nest deeper than 512");
}

TEST(Value, KnowsItsDepth) {
  EXPECT_EQ(Value(1).depth(), 0);
  EXPECT_EQ(Value::dict().depth(), 1);
  EXPECT_EQ(Value::list({1, 2}).depth(), 1);
  EXPECT_EQ(Value::dict({{1, Value::tuple({Value::set()})}}).depth(), 3);
}

TEST(Value, RefusesSharedPartsThatMultiplyBeyondMemory) {
  const auto doubled = [](int times) {
    Value value = "x";
    for (int i = 0; i < times; ++i) value = Value::list({value, value});
    return value;
  };

  EXPECT_GT(doubled(20).expanded_size(), std::size_t{40} << 20);
  EXPECT_THAT(message_of<InvalidArgument>([&] { doubled(60); }), HasSubstr("multiply"));
}

TEST(Value, FindsTheFirstOpaquePart) {
  const Value inner = Value::tuple({1, Opaque{"a", "A"}});
  const Value value = Value::list({1, Value::dict({{"k", inner}}), Opaque{"b", "B"}});

  ASSERT_NE(value.find_opaque(), nullptr);
  EXPECT_EQ(value.find_opaque()->name, "A");
  EXPECT_EQ(Value::list({1, Value::dict({{"k", "v"}})}).find_opaque(), nullptr);
  EXPECT_NE(Value::dict({{Opaque{"a", "A"}, 1}}).find_opaque(), nullptr);
}

TEST(Value, RefusesWhatPythonsConstructorsRefuse) {
  const auto message = [](auto make) { return message_of<InvalidArgument>(make); };

  EXPECT_EQ(message([] { Value(Date{2026, 6, 31}); }), "there is no 2026-06-31");
  EXPECT_EQ(message([] { Value(Date{0, 1, 1}); }), "year is 0; it must be 1 to 9999");
  EXPECT_EQ(message([] { Value(TimeOfDay{.hour = 24}); }), "hour is 24; it must be 0 to 23");
  EXPECT_EQ(message([] {
              Value(TimeDelta{0, 86400, 0});
            }),
            "seconds of a timedelta is 86400; it must be 0 to 86399");
  EXPECT_EQ(message([] {
              Value(TimeZone{.offset = {1, 0, 0}});
            }),
            "the offset of a time zone must be less than a day");
  EXPECT_EQ(message([] {
              Value(TimeZone{.offset = {-1, 0, 0}});
            }),
            "the offset of a time zone must be less than a day");
  EXPECT_EQ(message([] { Value(Decimal{"1,5"}); }), "not a Decimal: '1,5'");
  EXPECT_NO_THROW(Value(Date{2024, 2, 29}));
  EXPECT_NO_THROW(Value(TimeZone{.offset = {-1, 1, 0}}));
}

TEST(Value, IsSmall) { EXPECT_EQ(sizeof(Value), 40); }

}  // namespace
}  // namespace rqpp
