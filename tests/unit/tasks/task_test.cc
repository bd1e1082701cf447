#include <rqpp/task.h>

#include <map>

#include <gtest/gtest.h>

#include <rqpp/error.h>

/// A class that is made of text, and travels in another form.
struct Tag {
  Tag(const char* text) : name(text) {}  // NOLINT(google-explicit-constructor)
  std::string name;
};
template <>
struct rqpp::Convert<Tag> {
  static Value to_value(const Tag& tag) { return "#" + tag.name; }
  static Tag from_value(const Value& value) { return value.as_string().substr(1).c_str(); }
};

namespace rqpp {
namespace {

using namespace std::chrono_literals;

struct Size {
  int width = 0;
  int height = 0;
};
RQPP_FIELDS(Size, width, height)

constexpr Task<long(int)> fib_task{"fib.slow_fib"};
constexpr Task<void(const std::string&, std::optional<int>, std::optional<std::string>)> say{
    "talk.say"};
constexpr Task<double(float, std::uint8_t, bool, std::chrono::seconds)> mix{"m.mix"};
constexpr Task<Value(Value)> echo{"m.echo"};
constexpr Task<int(std::vector<int>, std::map<std::string, double>, Size)> heavy{"m.heavy"};

static_assert(fib_task.accepts<int>);
static_assert(fib_task.accepts<long> && fib_task.accepts<unsigned char>);
static_assert(!fib_task.accepts<>, "too few");
static_assert(!fib_task.accepts<int, int>, "too many");
static_assert(!fib_task.accepts<double> && !fib_task.accepts<bool> && !fib_task.accepts<char>);
static_assert(!fib_task.accepts<std::string> && !fib_task.accepts<const char*>);
static_assert(!fib_task.accepts<std::nullptr_t> && !fib_task.accepts<std::optional<int>>);

static_assert(say.accepts<std::string> && say.accepts<const char*> && say.accepts<char[5]>);
static_assert(say.accepts<std::string_view, int> && say.accepts<const char*, std::nullopt_t>);
static_assert(say.accepts<const char*, std::optional<int>, const char*>);
static_assert(!say.accepts<int> && !say.accepts<std::nullptr_t>);
static_assert(!say.accepts<const char*, double>, "no fraction into an optional int");
static_assert(!say.accepts<const char*, std::optional<double>>);

static_assert(mix.accepts<double, int, bool, std::chrono::minutes>);
static_assert(mix.accepts<int, int, bool, std::chrono::seconds>, "an int is a float");
static_assert(!mix.accepts<double, int, int, std::chrono::seconds>, "an int is no bool");
static_assert(!mix.accepts<double, int, bool, std::chrono::milliseconds>, "a fraction is lost");
static_assert(!mix.accepts<double, int, bool, int>, "no unit");
static_assert(!mix.accepts<const char*, int, bool, std::chrono::seconds>);

static_assert(echo.accepts<int> && echo.accepts<const char*> && echo.accepts<std::vector<int>>);
static_assert(echo.accepts<Value> && !echo.accepts<int*>);

static_assert(!Task<void(std::pair<int, int>)>::accepts<std::pair<double, double>>);
static_assert(!Task<void(std::vector<int>)>::accepts<std::vector<double>>);
static_assert(Task<void(std::variant<int, std::string>)>::accepts<int>);
static_assert(!Task<void(std::variant<int, std::string>)>::accepts<double>);

static_assert(fib_task.accepts<ResultOf<int>> && fib_task.accepts<ResultOf<long>>);
static_assert(!fib_task.accepts<ResultOf<double>> && !fib_task.accepts<ResultOf<std::string>>);
static_assert(say.accepts<ResultOf<std::string>, ResultOf<int>>);
static_assert(heavy.accepts<ResultOf<std::vector<int>>, std::map<std::string, double>, Size>);

static_assert(std::is_same_v<decltype(fib_task(20)), TypedCall<long>>);
static_assert(std::is_same_v<decltype(say("x")), TypedCall<void>>);
static_assert(std::is_same_v<decltype(call("m.f")), NamedCall<Value>>);
static_assert(std::is_same_v<decltype(call<double>("m.f", 1).with("a", 2)), NamedCall<double>>);

TEST(Task, MakesACall) {
  const Call expected{.function = "fib.slow_fib", .args = {20}};

  EXPECT_EQ(static_cast<const Call&>(fib_task(20)), expected);
}

TEST(Task, ArgumentsTravelAsTheirParametersTypes) {
  const Call call = mix(1, 2, true, 2min);

  EXPECT_EQ(call.args, (Value::Items{1.0, 2, true, TimeDelta{0, 120, 0}}));
}

TEST(Task, AnArgumentBecomesItsParametersTypeFirst) {
  constexpr Task<void(Tag, std::optional<Tag>)> mark{"m.mark"};

  EXPECT_EQ(mark("a", "b").args, (Value::Items{"#a", "#b"}));
}

TEST(Task, ContainersAndStructsTravel) {
  const Call call = heavy(std::vector{1, 2}, std::map<std::string, double>{{"a", 0.5}}, Size{3, 4});

  EXPECT_EQ(call.args, (Value::Items{Value::list({1, 2}), Value::dict({{"a", 0.5}}),
                                     Value::dict({{"width", 3}, {"height", 4}})}));
}

TEST(Task, OptionalArgumentsAtTheEndMayBeLeftOut) {
  EXPECT_EQ(say("x").args, (Value::Items{"x"}));
  EXPECT_EQ(say("x", 1).args, (Value::Items{"x", 1}));
  EXPECT_EQ(say("x", std::nullopt, "y").args, (Value::Items{"x", {}, "y"}));
  EXPECT_EQ(say("x", std::optional<int>(), "y").args, (Value::Items{"x", {}, "y"}));
  EXPECT_EQ(say("x", std::optional<long>(5)).args, (Value::Items{"x", 5}));
}

TEST(Task, AnIntegerOutsideItsParametersRangeThrows) {
  try {
    (void)mix(1.0, 300, true, 1s);
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_STREQ(error.what(), "300 is outside the range of unsigned char");
  }
  EXPECT_THROW((void)fib_task(3'000'000'000), InvalidArgument);
  EXPECT_THROW((void)fib_task(std::uint64_t{1} << 63), InvalidArgument);
}

TEST(Task, RefusesANameThatNoModuleCanHave) {
  const auto refusal = [](const char* name) -> std::string {
    try {
      const Task<void()> task{name};
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return {};
  };

  EXPECT_EQ(refusal("slow_fib"),
            "'slow_fib' is no task name: it must look like 'module.function' and have at most 255 "
            "characters");
  for (const char* name : {"", ".", "a.", ".a", "a..b", "a b.c", "a.1", "../a.b", "a/b.c"}) {
    EXPECT_NE(refusal(name), "") << name;
  }
  EXPECT_EQ(refusal("pkg.m.Cls._f2"), "");
}

TEST(NamedCall, TakesArgumentsOfAnyConvertibleType) {
  const Call made = call("m.f", 1, "x", nullptr, 2.5, std::vector{1}, Size{1, 2}, 3s, Value(7));

  EXPECT_EQ(made.function, "m.f");
  EXPECT_EQ(made.args, (Value::Items{1,
                                     "x",
                                     {},
                                     2.5,
                                     Value::list({1}),
                                     Value::dict({{"width", 1}, {"height", 2}}),
                                     TimeDelta{0, 3, 0},
                                     7}));
}

TEST(Task, TakesResultsOfOtherJobs) {
  const Call call = say("x", ResultOf<int>{"j1"}, ResultOf<std::string>{"j2"});

  EXPECT_EQ(call, (Call{.function = "talk.say",
                        .args = {"x", {}, {}},
                        .kwargs = {},
                        .results = {{"1", "j1"}, {"2", "j2"}}}));
}

TEST(NamedCall, TakesResultsOfOtherJobs) {
  const Call made = call("m.f", 1, ResultOf<int>{"j1"}).with("b", ResultOf<int>{"j2"});

  EXPECT_EQ(made, (Call{.function = "m.f",
                        .args = {1, {}},
                        .kwargs = {{"b", {}}},
                        .results = {{"1", "j1"}, {"b", "j2"}}}));
}

TEST(NamedCall, TakesKeywordArguments) {
  NamedCall<double> made = call<double>("m.f", 1).with("key", 2).with("other", "x");
  made.with("third", true);

  EXPECT_EQ(static_cast<const Call&>(made),
            (Call{.function = "m.f",
                  .args = {1},
                  .kwargs = {{"key", 2}, {"other", "x"}, {"third", true}}}));
}

TEST(NamedCall, RefusesAKeywordTwice) {
  try {
    (void)call("m.f").with("key", 1).with("key", 2);
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_STREQ(error.what(), "the call of 'm.f' has two keyword arguments 'key'");
  }
}

TEST(NamedCall, RefusesAnEmptyName) { EXPECT_THROW((void)call(""), InvalidArgument); }

}  // namespace
}  // namespace rqpp
