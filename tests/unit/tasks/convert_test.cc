#include <rqpp/convert.h>

#include <deque>
#include <limits>
#include <list>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace shapes {

enum class Color { red, green, blue };
RQPP_ENUM(Color, red, green)

struct Point {
  double x = 0;
  double y = 0;
  std::optional<std::string> label{};
  bool operator==(const Point&) const = default;
};
RQPP_FIELDS(Point, x, y, label)

struct Polygon {
  std::vector<Point> points{};
  std::map<std::string, Color> colors{};
  bool operator==(const Polygon&) const = default;
};
RQPP_FIELDS(Polygon, points, colors)

struct Tree {
  int value = 0;
  std::vector<Tree> children{};
  bool operator==(const Tree&) const = default;
};
RQPP_FIELDS(Tree, value, children)

struct Unknown {};

}  // namespace shapes

/// A type with a conversion of its own.
struct Celsius {
  double degrees = 0;
  bool operator==(const Celsius&) const = default;
};
template <>
struct rqpp::Convert<Celsius> {
  static Value to_value(const Celsius& temperature) { return temperature.degrees; }
  static Celsius from_value(const Value& value) { return {value.as_double()}; }
};

namespace rqpp {
namespace {

using namespace std::chrono_literals;
using shapes::Color;
using shapes::Point;
using shapes::Polygon;
using shapes::Tree;

// Types that cannot travel are found at compile time, however deep they are.
static_assert(!Convertible<shapes::Unknown>);
static_assert(!Convertible<std::vector<shapes::Unknown>>);
static_assert(!Convertible<std::map<std::string, shapes::Unknown>>);
static_assert(!Convertible<std::optional<shapes::Unknown>>);
static_assert(!Convertible<std::tuple<int, shapes::Unknown>>);
static_assert(!Convertible<std::multimap<int, int>>);
static_assert(!Convertible<std::multiset<int>>);
static_assert(!Convertible<char> && !Convertible<char16_t> && !Convertible<wchar_t>);
static_assert(!Convertible<const char*> && !Convertible<int*>);
static_assert(!Convertible<std::string_view> && ConvertibleToValue<std::string_view>);
static_assert(Convertible<std::vector<std::map<std::string, std::optional<Point>>>>);

template <class T>
std::string refusal(const Value& value) {
  try {
    (void)from_value<T>(value);
  } catch (const DecodeError& error) {
    return error.what();
  }
  return "(no refusal)";
}

/// There and back.
template <class T>
void expect_travels_as(const T& object, const Value& value) {
  EXPECT_EQ(to_value(object), value) << to_value(object).repr();
  EXPECT_TRUE(from_value<T>(value) == object) << value.repr();
}

TEST(Convert, PlainTypesTravelBothWays) {
  expect_travels_as(true, Value(true));
  expect_travels_as(-7, Value(-7));
  expect_travels_as(std::int64_t{1} << 62, Value(std::int64_t{1} << 62));
  expect_travels_as(std::uint8_t{255}, Value(255));
  expect_travels_as(1.5, Value(1.5));
  expect_travels_as(1.5F, Value(1.5));
  expect_travels_as(std::string("a\0b", 3), Value(std::string("a\0b", 3)));
  expect_travels_as(Value::list({1}), Value::list({1}));
  expect_travels_as(nullptr, Value());
  expect_travels_as(std::monostate{}, Value());
}

TEST(Convert, TheLargestUnsignedIntegersTravel) {
  const auto most = std::numeric_limits<std::uint64_t>::max();

  expect_travels_as(most, Value(BigInteger{"18446744073709551615"}));
  EXPECT_EQ(refusal<std::uint64_t>(Value(BigInteger{"18446744073709551616"})),
            "expected an integer in unsigned long's range, got 18446744073709551616");
  EXPECT_EQ(refusal<std::uint64_t>(Value(BigInteger{"-18446744073709551615"})),
            "expected an integer in unsigned long's range, got -18446744073709551615");
  EXPECT_EQ(refusal<unsigned>(Value(BigInteger{"18446744073709551615"})),
            "expected an integer in unsigned int's range, got 18446744073709551615");
}

TEST(Convert, TextTypesBecomeStr) {
  EXPECT_EQ(to_value("abc"), Value("abc"));
  EXPECT_EQ(to_value(std::string_view("abc")), Value("abc"));
  const char* text = "abc";
  EXPECT_EQ(to_value(text), Value("abc"));
}

TEST(Convert, BytesTravelAsBytes) {
  expect_travels_as(Bytes{"\xff\x00"}, Value(Bytes{"\xff\x00"}));
  expect_travels_as(std::vector<std::uint8_t>{1, 2}, Value(Bytes{"\x01\x02"}));
  expect_travels_as(std::vector<std::byte>{std::byte{7}}, Value(Bytes{"\x07"}));
  expect_travels_as(std::vector<std::uint8_t>{}, Value(Bytes{}));
  EXPECT_EQ(from_value<std::vector<std::uint8_t>>(Value(ByteArray{"a"})),
            std::vector<std::uint8_t>{'a'});
  EXPECT_EQ(from_value<Bytes>(Value(ByteArray{"a"})), Bytes{"a"});
}

TEST(Convert, StructuresOfValueTravelAsThemselves) {
  expect_travels_as(Date{2026, 2, 28}, Value(Date{2026, 2, 28}));
  expect_travels_as(Decimal{"1.50"}, Value(Decimal{"1.50"}));
  expect_travels_as(BigInteger{"100000000000000000000"},
                    Value(BigInteger{"100000000000000000000"}));
  EXPECT_EQ(from_value<BigInteger>(Value(5)), BigInteger{"5"});
  EXPECT_EQ(refusal<Date>(Value(1)), "expected a date, got int 1");
}

TEST(Convert, ContainersTravelBothWays) {
  expect_travels_as(std::vector<int>{1, 2}, Value::list({1, 2}));
  expect_travels_as(std::vector<bool>{true, false}, Value::list({true, false}));
  expect_travels_as(std::deque<int>{1}, Value::list({1}));
  expect_travels_as(std::list<std::string>{"a"}, Value::list({"a"}));
  expect_travels_as(std::array<int, 2>{1, 2}, Value::list({1, 2}));
  expect_travels_as(std::array<int, 0>{}, Value::list());
  expect_travels_as(std::set<int>{1, 2}, Value::set({1, 2}));
  expect_travels_as(std::unordered_set<std::string>{"a"}, Value::set({"a"}));
  expect_travels_as(std::map<std::string, int>{{"a", 1}}, Value::dict({{"a", 1}}));
  expect_travels_as(std::unordered_map<int, std::string>{{1, "a"}}, Value::dict({{1, "a"}}));
  expect_travels_as(std::pair<int, std::string>{1, "a"}, Value::tuple({1, "a"}));
  expect_travels_as(std::tuple<int, double, bool>{1, 2.5, true}, Value::tuple({1, 2.5, true}));
  expect_travels_as(std::tuple<>{}, Value::tuple());
  expect_travels_as(std::optional<int>{3}, Value(3));
  expect_travels_as(std::optional<int>{}, Value());
}

TEST(Convert, WhatJsonMakesOfTuplesAndSetsIsTaken) {
  EXPECT_EQ((from_value<std::pair<int, int>>(Value::list({1, 2}))), std::pair(1, 2));
  EXPECT_EQ(from_value<std::set<int>>(Value::list({2, 1, 2})), (std::set<int>{1, 2}));
  EXPECT_EQ(from_value<std::vector<int>>(Value::tuple({1})), std::vector<int>{1});
}

TEST(Convert, AnIntIsAFloatAndNotTheOtherWayRound) {
  EXPECT_EQ(from_value<double>(Value(3)), 3.0);
  EXPECT_EQ(from_value<double>(Value(BigInteger{"100000000000000000000"})), 1e20);
  EXPECT_EQ(refusal<int>(Value(3.0)), "expected an integer in int's range, got float 3.0");
  EXPECT_EQ(refusal<bool>(Value(1)), "expected a bool, got int 1");
  EXPECT_EQ(refusal<int>(Value(true)), "expected an integer in int's range, got bool True");
  EXPECT_EQ(refusal<double>(Value(true)), "expected a float, got bool True");
}

TEST(Convert, NumbersMustFitTheirType) {
  EXPECT_EQ(refusal<int>(Value(3'000'000'000)),
            "expected an integer in int's range, got 3000000000");
  EXPECT_EQ(refusal<std::int8_t>(Value(-129)),
            "expected an integer in signed char's range, got -129");
  EXPECT_EQ(refusal<unsigned>(Value(-1)), "expected an integer in unsigned int's range, got -1");
  EXPECT_EQ(refusal<long>(Value(BigInteger{"9223372036854775808"})),
            "expected an integer in long's range, got 9223372036854775808");
  EXPECT_EQ(refusal<float>(Value(1e300)), "expected a float in float's range, got 1e+300");
  EXPECT_EQ(refusal<double>(Value(BigInteger{std::string(400, '9')})).substr(0, 50),
            "expected a float in double's range, got 9999999999");
  EXPECT_TRUE(from_value<float>(Value(std::numeric_limits<double>::infinity())) > 1e30F);
}

TEST(Convert, WrongKindsAreRefusedByName) {
  EXPECT_EQ(refusal<int>(Value("abc")), "expected an integer in int's range, got str 'abc'");
  EXPECT_EQ(refusal<std::string>(Value()), "expected a str, got None");
  EXPECT_EQ(refusal<std::string>(Value(Bytes{"a"})), "expected a str, got bytes b'a'");
  EXPECT_EQ(refusal<Bytes>(Value("a")), "expected bytes, got str 'a'");
  EXPECT_EQ(refusal<std::vector<int>>(Value("ab")), "expected a list, got str 'ab'");
  EXPECT_EQ(refusal<std::vector<int>>(Value::set({1})), "expected a list, got set {1}");
  EXPECT_EQ((refusal<std::map<int, int>>(Value::list())), "expected a dict, got list []");
  EXPECT_EQ(refusal<std::set<int>>(Value::dict()), "expected a set, got dict {}");
  EXPECT_EQ((refusal<std::pair<int, int>>(Value::tuple({1}))),
            "expected a list or tuple of 2 items, got tuple (1,)");
  EXPECT_EQ((refusal<std::array<int, 1>>(Value(5))),
            "expected a list or tuple of 1 item, got int 5");
  EXPECT_EQ(refusal<std::nullptr_t>(Value(0)), "expected None, got int 0");
}

TEST(Convert, ARefusalSaysWhere) {
  const Value points = Value::list({Value::dict({{"x", 1.0}}), Value::dict({{"x", "a"}})});

  EXPECT_EQ((refusal<std::vector<std::map<std::string, double>>>(points)),
            "item 2: key 'x': expected a float, got str 'a'");
  EXPECT_EQ((refusal<std::map<int, int>>(Value::dict({{"1", 1}}))),
            "dict key: expected an integer in int's range, got str '1'");
  EXPECT_EQ((refusal<std::tuple<int, std::optional<bool>>>(Value::tuple({1, "no"}))),
            "item 2: expected a bool, got str 'no'");
  EXPECT_EQ(refusal<std::set<int>>(Value::set({"a"})),
            "item 1: expected an integer in int's range, got str 'a'");
}

TEST(Convert, DurationsAreTimedeltas) {
  expect_travels_as(90s, Value(TimeDelta{0, 90, 0}));
  expect_travels_as(-1500ms, Value(TimeDelta{-1, 86398, 500000}));
  expect_travels_as(48h, Value(TimeDelta{2, 0, 0}));
  expect_travels_as(std::chrono::duration<double>(0.25), Value(TimeDelta{0, 0, 250000}));
  EXPECT_EQ(to_value(1700ns), Value(TimeDelta{0, 0, 2}));  // Python has no more than microseconds
}

TEST(Convert, SecondsAsANumberAreADuration) {
  EXPECT_EQ(from_value<std::chrono::seconds>(Value(90)), 90s);
  EXPECT_EQ(from_value<std::chrono::hours>(Value(7200)), 2h);
  EXPECT_EQ(from_value<std::chrono::milliseconds>(Value(0.1)), 100ms);
  EXPECT_EQ(from_value<std::chrono::milliseconds>(Value(-1.5)), -1500ms);
}

TEST(Convert, DurationsAreNeverCut) {
  EXPECT_EQ(refusal<std::chrono::seconds>(Value(1.5)),
            "expected a timedelta without a fraction of its unit, got float 1.5");
  EXPECT_EQ(refusal<std::chrono::minutes>(Value(90)),
            "expected a timedelta without a fraction of its unit, got int 90");
  EXPECT_EQ(refusal<std::chrono::nanoseconds>(Value(std::int64_t{10'000'000'000})),
            "expected a timedelta within its type's range, got int 10000000000");
  EXPECT_EQ((refusal<std::chrono::duration<std::int8_t>>(Value(128))),
            "expected a timedelta within its type's range, got int 128");
  EXPECT_EQ((refusal<std::chrono::duration<std::uint8_t>>(Value(-1))).substr(0, 20),
            "expected a timedelta");
  EXPECT_EQ(refusal<std::chrono::seconds>(Value("1")),
            "expected a timedelta or a number of seconds, got str '1'");
  EXPECT_EQ(refusal<std::chrono::seconds>(Value(std::numeric_limits<double>::quiet_NaN())),
            "expected a timedelta or a number of seconds, got float nan");
  EXPECT_EQ(refusal<std::chrono::seconds>(Value(std::numeric_limits<std::int64_t>::max())),
            "expected a timedelta or a number of seconds, got int 9223372036854775807");
  EXPECT_THROW((void)to_value(std::chrono::hours::max()), InvalidArgument);
}

TEST(Convert, TimePointsAreAwareDatetimes) {
  const std::chrono::sys_time<std::chrono::microseconds> moment{1'700'000'000'250'000us};

  expect_travels_as(moment, Value(DateTime::from(moment)));
  EXPECT_TRUE(to_value(moment).get_if<DateTime>()->time.zone.has_value());
  EXPECT_EQ(from_value<std::chrono::system_clock::time_point>(Value(DateTime::from(moment))),
            moment);
  EXPECT_EQ(from_value<Time>(Value(DateTime{{1970, 1, 2}, {}})), Time(24h));  // naive is UTC
}

TEST(Convert, TimePointsAreNeverCutNorBeyondPython) {
  const Value late = DateTime::from(Time(1'500ms));

  EXPECT_EQ(refusal<std::chrono::sys_seconds>(late).substr(0, 52),
            "expected a datetime without a fraction of its unit, ");
  EXPECT_EQ(refusal<std::chrono::system_clock::time_point>(Value(DateTime{{9999, 1, 1}, {}}))
                .substr(0, 47),
            "expected a datetime within its type's range, go");
  EXPECT_EQ(refusal<Time>(Value(5)), "expected a datetime, got int 5");
  EXPECT_THROW((void)to_value(std::chrono::sys_days(std::chrono::days(4'000'000))),
               InvalidArgument);
}

TEST(Convert, AVariantIsItsFirstAlternativeThatTakesTheValue) {
  using Id = std::variant<int, std::string>;

  expect_travels_as(Id(5), Value(5));
  expect_travels_as(Id("a"), Value("a"));
  EXPECT_EQ(refusal<Id>(Value(1.5)), "expected int | str, got float 1.5");
  EXPECT_EQ((from_value<std::variant<std::monostate, double>>(Value()).index()), 0U);
}

TEST(Convert, ADescribedEnumIsItsName) {
  expect_travels_as(Color::green, Value("green"));
  EXPECT_EQ(refusal<Color>(Value("pink")),
            "expected a Color, one of 'red', 'green', got str 'pink'");
  EXPECT_EQ(refusal<Color>(Value(1)), "expected a Color, one of 'red', 'green', got int 1");
}

TEST(Convert, AnEnumeratorThatIsNotDescribedCannotBeSent) {
  try {
    (void)to_value(Color::blue);
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_STREQ(error.what(), "Color has no enumerator 2 in its RQPP_ENUM, so it cannot be sent");
  }
}

TEST(Convert, ADescribedStructIsADict) {
  expect_travels_as(Point{1, 2, "a"}, Value::dict({{"x", 1.0}, {"y", 2.0}, {"label", "a"}}));
  expect_travels_as(
      Polygon{{{1, 2, {}}}, {{"fill", Color::red}}},
      Value::dict({{"points", Value::list({Value::dict({{"x", 1.0}, {"y", 2.0}, {"label", {}}})})},
                   {"colors", Value::dict({{"fill", "red"}})}}));
  expect_travels_as(
      Tree{1, {Tree{2, {}}}},
      Value::dict(
          {{"value", 1},
           {"children", Value::list({Value::dict({{"value", 2}, {"children", Value::list()}})})}}));
}

TEST(Convert, OnlyOptionalFieldsMayBeMissing) {
  EXPECT_EQ(from_value<Point>(Value::dict({{"x", 1}, {"y", 2}})), (Point{1, 2, {}}));
  EXPECT_EQ(refusal<Point>(Value::dict({{"x", 1}})), "missing key 'y' of Point");
}

TEST(Convert, UnknownKeysOfAStructAreRefused) {
  const auto with = [](const Value& key) { return Value::dict({{"x", 1}, {"y", 2}, {key, "a"}}); };

  EXPECT_EQ(refusal<Point>(with("lable")), "unknown key 'lable' for Point. Did you mean 'label'?");
  EXPECT_EQ(refusal<Point>(with("zebra")),
            "unknown key 'zebra' for Point, which has 'x', 'y', 'label'");
  EXPECT_EQ(refusal<Point>(with(5)), "expected str keys for Point, got int 5");
  EXPECT_EQ(refusal<Point>(Value::list({1, 2})), "expected a dict for Point, got list [1, 2]");
}

TEST(Convert, ARefusalInsideAStructSaysWhere) {
  const Value polygon = Value::dict(
      {{"points", Value::list({Value::dict({{"x", 1}, {"y", "a"}})})}, {"colors", Value::dict()}});

  EXPECT_EQ(refusal<Polygon>(polygon),
            "key 'points': item 1: key 'y': expected a float, got str 'a'");
}

TEST(Convert, ATypeMayBringItsOwnConversion) {
  expect_travels_as(Celsius{21.5}, Value(21.5));
  expect_travels_as(std::vector<Celsius>{{1.0}}, Value::list({1.0}));
}

TEST(Convert, DeeplyNestedTypesTravel) {
  using Table = std::map<std::string, std::vector<std::optional<std::tuple<int, std::string>>>>;

  expect_travels_as(Table{{"a", {std::tuple(1, "x"), std::nullopt}}},
                    Value::dict({{"a", Value::list({Value::tuple({1, "x"}), {}})}}));
}

TEST(Convert, ALongValueIsCutInARefusal) {
  const std::string text = refusal<int>(Value(std::string(100'000, 'x')));

  EXPECT_LT(text.size(), 200U);
}

TEST(Convert, TypesAreNamedInPythonsWords) {
  EXPECT_EQ((Convert<std::map<std::string, std::vector<double>>>::type()),
            "dict[str, list[float]]");
  EXPECT_EQ((Convert<std::optional<std::tuple<int, bool>>>::type()), "tuple[int, bool] | None");
  EXPECT_EQ(Convert<Polygon>::type(), "Polygon");
  EXPECT_EQ(Convert<std::vector<Celsius>>::type(), "list[object]");
  EXPECT_EQ(Convert<std::chrono::seconds>::type(), "timedelta");
}

}  // namespace
}  // namespace rqpp
