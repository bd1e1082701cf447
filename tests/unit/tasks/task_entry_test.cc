#include "tasks/task_entry.h"

#include <map>
#include <stdexcept>

#include <gtest/gtest.h>

#include <rqpp/error.h>
#include <rqpp/module.h>

namespace rqpp::tasks {
namespace {

enum class Mode { fast, good };
RQPP_ENUM(Mode, fast)

long slow_fib(int n) { return n <= 1 ? 1 : slow_fib(n - 1) + slow_fib(n - 2); }
std::string render(const std::string& path, int quality, std::optional<double> gamma) {
  return path + ":" + std::to_string(quality) + (gamma ? "!" : "");
}

/// The only task of a table.
class Row {
 public:
  template <class F>
  explicit Row(F function) {
    table_.add("f", function);
  }
  template <class F, std::size_t N>
  Row(F function, const Parameter (&parameters)[N]) {
    table_.add("f", function, parameters);
  }
  TaskEntry entry() && { return {"m", std::move(std::move(table_).release().front())}; }

 private:
  TaskTable table_{"m"};
};

Value invoke(const TaskEntry& task, Value::Items args,
             std::vector<std::pair<std::string, Value>> kwargs = {}) {
  return task.invoke({.function = "m.f", .args = std::move(args), .kwargs = std::move(kwargs)});
}

std::string refusal(const TaskEntry& task, Value::Items args,
                    std::vector<std::pair<std::string, Value>> kwargs = {}) {
  try {
    (void)invoke(task, std::move(args), std::move(kwargs));
  } catch (const TaskError& error) {
    return error.what();
  }
  return "(no refusal)";
}

TaskEntry fib() { return Row(slow_fib, {"n"}).entry(); }
TaskEntry renderer() { return Row(render, {"path", {"quality", 80}, "gamma"}).entry(); }

TEST(TaskEntry, RunsAFunction) { EXPECT_EQ(invoke(fib(), {20}), Value(10946)); }

TEST(TaskEntry, TakesArgumentsByPositionAndByName) {
  EXPECT_EQ(invoke(renderer(), {"a", 1, 2.5}), Value("a:1!"));
  EXPECT_EQ(invoke(renderer(), {"a"}, {{"gamma", 1}, {"quality", 2}}), Value("a:2!"));
  EXPECT_EQ(invoke(renderer(), {}, {{"path", "b"}}), Value("b:80"));
}

TEST(TaskEntry, OptionalParametersMayBeLeftOut) {
  EXPECT_EQ(invoke(renderer(), {"a", 1}), Value("a:1"));
  EXPECT_EQ(invoke(renderer(), {"a", 1, {}}), Value("a:1"));
}

TEST(TaskEntry, SaysWhichArgumentDoesNotFit) {
  EXPECT_EQ(refusal(fib(), {"abc"}),
            "m.f: argument 1 'n': expected an integer in int's range, got str 'abc'");
  EXPECT_EQ(refusal(fib(), {}, {{"n", 3'000'000'000}}),
            "m.f: argument 1 'n': expected an integer in int's range, got 3000000000");
  EXPECT_EQ(refusal(Row([](int, bool) {}).entry(), {1, 2}),
            "m.f: argument 2: expected a bool, got int 2");
  EXPECT_EQ(
      refusal(Row([](const std::vector<std::map<std::string, double>>&) {}, {"points"}).entry(),
              {Value::list({Value::dict({{"x", "a"}})})}),
      "m.f: argument 1 'points': item 1: key 'x': expected a float, got str 'a'");
}

TEST(TaskEntry, RefusesObjectsThatAreNoPlainData) {
  EXPECT_EQ(refusal(fib(), {Opaque{"fractions", "Fraction"}}).substr(0, 79),
            "m.f: argument 1 'n': expected an integer in int's range, got fractions.Fraction");
}

TEST(TaskEntry, RefusesTooManyArguments) {
  EXPECT_EQ(refusal(fib(), {1, 2, 3}), "m.f: takes 1 argument, got 3");
  EXPECT_EQ(refusal(renderer(), {1, 2, 3, 4}), "m.f: takes at most 3 arguments, got 4");
  EXPECT_EQ(refusal(Row([] {}).entry(), {1}), "m.f: takes no arguments, got 1");
}

TEST(TaskEntry, RefusesMissingArguments) {
  EXPECT_EQ(refusal(fib(), {}), "m.f: missing argument 1 'n'");
  EXPECT_EQ(refusal(renderer(), {}, {{"quality", 1}}), "m.f: missing argument 1 'path'");
  EXPECT_EQ(refusal(Row([](int, int) {}, {"a", "b"}).entry(), {}),
            "m.f: missing arguments 1 'a', 2 'b'");
  EXPECT_EQ(refusal(Row([](int, int) {}).entry(), {1}), "m.f: missing argument 2");
}

TEST(TaskEntry, RefusesUnknownKeywords) {
  EXPECT_EQ(refusal(renderer(), {"a"}, {{"qualitiy", 1}}),
            "m.f: unexpected keyword argument 'qualitiy'. Did you mean 'quality'?");
  EXPECT_EQ(refusal(fib(), {1}, {{"m", 1}}), "m.f: unexpected keyword argument 'm'; it takes 'n'");
  EXPECT_EQ(refusal(Row([](int) {}).entry(), {}, {{"n", 1}}),
            "m.f: takes no keyword arguments, got 'n'");
  EXPECT_EQ(refusal(Row([](int) {}).entry(), {}, {{"", 1}}),
            "m.f: takes no keyword arguments, got ''");
}

TEST(TaskEntry, RefusesAnArgumentGivenTwice) {
  EXPECT_EQ(refusal(fib(), {1}, {{"n", 2}}), "m.f: argument 1 'n' is given twice");
  EXPECT_EQ(refusal(fib(), {}, {{"n", 1}, {"n", 2}}), "m.f: argument 1 'n' is given twice");
}

TEST(TaskEntry, TakesParametersInEveryForm) {
  const auto sum = [](std::string_view text, const std::string& name, std::string&& moved,
                      std::span<const int> numbers, const Value& any, const double ratio) {
    return std::string(text) + name + moved + std::to_string(numbers.size()) + any.repr() +
           (ratio > 0.5 ? "+" : "-");
  };

  EXPECT_EQ(invoke(Row(sum).entry(), {"a", "b", "c", Value::list({1, 2}), Value::list({3}), 1}),
            Value("abc2[3]+"));
}

TEST(TaskEntry, ResultsTakeEveryForm) {
  EXPECT_EQ(invoke(Row([] {}).entry(), {}), Value());
  EXPECT_EQ(invoke(Row([] { return "text"; }).entry(), {}), Value("text"));
  EXPECT_EQ(invoke(Row([]() -> std::string_view { return "view"; }).entry(), {}), Value("view"));
  EXPECT_EQ(invoke(Row([] { return std::pair(1, true); }).entry(), {}), Value::tuple({1, true}));
  const std::string kept = "kept";
  EXPECT_EQ(invoke(Row([&kept]() -> const std::string& { return kept; }).entry(), {}),
            Value("kept"));
}

TEST(TaskEntry, ALambdaMayHaveState) {
  const TaskEntry counter = Row([count = 0](int step) mutable { return count += step; }).entry();

  EXPECT_EQ(invoke(counter, {2}), Value(2));
  EXPECT_EQ(invoke(counter, {2}), Value(4));
}

TEST(TaskEntry, WhatTheFunctionThrowsComesThrough) {
  const TaskEntry task = Row([](int) -> int { throw DecodeError("my own"); }, {"n"}).entry();

  try {
    (void)invoke(task, {1});
    FAIL();
  } catch (const DecodeError& error) {
    EXPECT_STREQ(error.what(), "my own");
  }
}

TEST(TaskEntry, SaysThatAResultCannotBeSent) {
  EXPECT_EQ(refusal(Row([] { return Mode::good; }).entry(), {}),
            "m.f: cannot send its result: Mode has no enumerator 1 in its RQPP_ENUM, so it cannot "
            "be sent");
}

TEST(TaskEntry, HasASignatureForPeople) {
  EXPECT_EQ(fib().signature(), "m.f(n: int) -> int");
  EXPECT_EQ(renderer().signature(),
            "m.f(path: str, quality: int = 80, gamma: float | None = None) -> str");
  EXPECT_EQ(Row([](int, bool) {}).entry().signature(), "m.f(int, bool) -> None");
}

}  // namespace
}  // namespace rqpp::tasks
