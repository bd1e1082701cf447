#include <gtest/gtest.h>

#include <limits>

#include <rqpp/value.h>

#include "print_value.h"

namespace rqpp {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(ValueEquality, IsOfKindAndContent) {
  EXPECT_EQ(Value(1), Value(1));
  EXPECT_NE(Value(1), Value(1.0));
  EXPECT_NE(Value(1), Value(true));
  EXPECT_NE(Value("a"), Value(Bytes{"a"}));
  EXPECT_NE(Value(Bytes{"a"}), Value(ByteArray{"a"}));
  EXPECT_NE(Value::list({1}), Value::tuple({1}));
  EXPECT_NE(Value::list({1}), Value::list({true}));
  EXPECT_NE(Value::set({1}), Value::frozenset({1}));
  EXPECT_NE(Value::set({1}), Value::set({true}));
  EXPECT_EQ(Value(kNan), Value(kNan));
}

TEST(ValueEquality, IgnoresTheOrderOfSetsAndDicts) {
  EXPECT_EQ(Value::set({1, "a", 2.5}), Value::set({2.5, 1, "a"}));
  EXPECT_EQ(Value::dict({{1, "a"}, {"k", "b"}}), Value::dict({{"k", "b"}, {1, "a"}}));
  EXPECT_NE(Value::dict({{1, "a"}, {"k", "b"}}), Value::dict({{"k", "a"}, {1, "b"}}));
  EXPECT_NE(Value::dict({{1, "a"}}), Value::dict({{1, "a"}, {2, "b"}}));
  EXPECT_NE(Value::set({1}), Value::set({1, 2}));
  EXPECT_EQ(Value::set({Value::frozenset({1, 2})}), Value::set({Value::frozenset({2, 1})}));
}

TEST(ValueEquality, SeesEveryPartOfATime) {
  const DateTime time{{2026, 1, 2}, {3, 4, 5, 6, 0, TimeZone{}}};
  DateTime other = time;
  EXPECT_EQ(Value(time), Value(other));

  other.time.fold = 1;
  EXPECT_NE(Value(time), Value(other));
  other = time;
  other.time.zone->name = "UTC";
  EXPECT_NE(Value(time), Value(other));
  other = time;
  other.time.zone.reset();
  EXPECT_NE(Value(time), Value(other));
  other = time;
  other.date.day = 3;
  EXPECT_NE(Value(time), Value(other));
}

TEST(ValueEquality, TellsOpaqueObjectsByName) {
  EXPECT_EQ(Value(Opaque{"m", "A"}), Value(Opaque{"m", "A"}));
  EXPECT_NE(Value(Opaque{"m", "A"}), Value(Opaque{"m", "B"}));
}

TEST(PythonEquality, JoinsNumbersOfAllKinds) {
  EXPECT_TRUE(Value::python_equal(1, true));
  EXPECT_TRUE(Value::python_equal(1.0, true));
  EXPECT_TRUE(Value::python_equal(0.0, -0.0));
  EXPECT_TRUE(Value::python_equal(BigInteger{"1" + std::string(22, '0')}, 1e22));
  EXPECT_TRUE(Value::python_equal(Value::tuple({1, 2}), Value::tuple({1.0, 2})));
  EXPECT_TRUE(Value::python_equal(Value::set({1}), Value::frozenset({1.0})));
  EXPECT_FALSE(Value::python_equal(1, "1"));
  EXPECT_FALSE(Value::python_equal(Value::list({1}), Value::tuple({1})));
  EXPECT_FALSE(Value::python_equal(0, nullptr));
}

TEST(PythonEquality, DoesNotRoundIntegers) {
  const std::int64_t beyond = (std::int64_t{1} << 53) + 1;
  EXPECT_FALSE(Value::python_equal(beyond, static_cast<double>(beyond)));
  EXPECT_FALSE(
      Value::python_equal(std::numeric_limits<std::int64_t>::max(), 9223372036854775808.0));
  EXPECT_TRUE(
      Value::python_equal(std::numeric_limits<std::int64_t>::min(), -9223372036854775808.0));
  EXPECT_FALSE(Value::python_equal(BigInteger{"10000000000000000000001"}, 1e22));
  EXPECT_FALSE(Value::python_equal(BigInteger{"10000000000000000000000"}, kInfinity));
  EXPECT_FALSE(Value::python_equal(BigInteger{"-10000000000000000000000"}, -kInfinity));
  EXPECT_FALSE(Value::python_equal(BigInteger{"10000000000000000000000"}, 1));
  EXPECT_FALSE(Value::python_equal(BigInteger{"10000000000000000000000"}, 1.5));
}

TEST(PythonEquality, FailsForWhatIsNotEqualToItself) {
  EXPECT_FALSE(Value::python_equal(kNan, kNan));
  EXPECT_FALSE(Value::python_equal(Value::list({kNan}), Value::list({kNan})));
  EXPECT_FALSE(Value::python_equal(Opaque{"m", "A"}, Opaque{"m", "A"}));
  EXPECT_FALSE(Value::python_equal(Value::dict({{1, kNan}}), Value::dict({{1, kNan}})));
}

TEST(PythonEquality, ComparesDictsByTheirKeys) {
  EXPECT_TRUE(
      Value::python_equal(Value::dict({{1, 2}, {3, 4}}), Value::dict({{3.0, 4}, {1, 2.0}})));
  EXPECT_FALSE(Value::python_equal(Value::dict({{1, 2}}), Value::dict({{1, 3}})));
  EXPECT_FALSE(Value::python_equal(Value::dict({{1, 2}}), Value::dict()));
}

// Hash tables can be attacked with chosen keys; sorting stays quick whatever they are.
TEST(PythonEquality, FindsRepeatedKeysAmongManyQuickly) {
  Value::Items items;
  for (int i = 0; i < 50'000; ++i) items.emplace_back(i % 25'000);

  EXPECT_EQ(Value::set(std::move(items)).items().size(), 25'000);
}

}  // namespace
}  // namespace rqpp
