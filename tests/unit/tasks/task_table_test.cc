#include <rqpp/module.h>

#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include <rqpp/error.h>

#include "support/paths.h"

RQPP_MODULE(own) {
  tasks.add("nothing", [] {});
}

namespace rqpp {
namespace {

constexpr Task<long(int)> slow_fib{"fib.slow_fib"};
constexpr Task<std::string(std::string)> shout{"fib.pkg.shout"};

long count(int n) { return n; }

template <class Action>
std::string refusal(Action action) {
  try {
    action();
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "(no refusal)";
}

std::vector<std::string> names(const TaskTable& table) {
  std::vector<std::string> list;
  for (const auto& task : table.tasks()) list.push_back(task.name);
  return list;
}

std::variant<long, Retry> count_later(int) { return Retry{}; }
std::optional<Retry> print_later(const std::string&) { return std::nullopt; }

// What a task may not be.
static_assert(!detail::Parameter<int&> && !detail::Parameter<const char*>);
static_assert(!detail::Parameter<std::unique_ptr<int>> && !detail::Parameter<std::span<int>>);
static_assert(detail::Parameter<const int&> && detail::Parameter<std::string_view>);
static_assert(!detail::Result<std::unique_ptr<int>> && !detail::Result<void*>);
static_assert(detail::Result<Retry> && !detail::Result<std::variant<int, long, Retry>>);
static_assert(detail::Result<void> && detail::Result<const char*>);
inline constexpr auto kGeneric = [](auto) {};
static_assert(!detail::HasSignature<decltype(kGeneric)> && !detail::HasSignature<int>);

TEST(TaskTable, AddsFunctionsLambdasAndHandles) {
  TaskTable table("fib");

  table.add("count", count, {"n"});
  table.add("Cls.twice", [](int n) { return 2 * n; });
  table.add(slow_fib, count, {"n"});
  table.add(shout, [](std::string_view text) { return std::string(text); });

  EXPECT_EQ(names(table),
            (std::vector<std::string>{"count", "Cls.twice", "slow_fib", "pkg.shout"}));
}

TEST(TaskTable, CallsAFunctionByItsResultThoughItMayReturnARetry) {
  constexpr Task<void(std::string)> print{"fib.print"};
  TaskTable table("fib");

  table.add(slow_fib, count_later);
  table.add(print, print_later);
  table.add("never", [] { return Retry{}; });

  EXPECT_EQ(table.tasks()[0].result_type, "int");
  EXPECT_EQ(table.tasks()[1].result_type, "None");
  EXPECT_EQ(table.tasks()[2].result_type, "None");
}

TEST(TaskTable, RefusesATaskTwice) {
  TaskTable table("fib");
  table.add("slow_fib", count);

  EXPECT_EQ(refusal([&] { table.add(slow_fib, count); }), "task 'fib.slow_fib' is added twice");
}

TEST(TaskTable, RefusesAHandleOfAnotherModule) {
  TaskTable table("fi");

  EXPECT_EQ(refusal([&] { table.add(slow_fib, count); }),
            "task 'fib.slow_fib' does not belong to module 'fi': its name must begin with 'fi.'");
}

TEST(TaskTable, RefusesNamesThatNobodyCanCall) {
  TaskTable table("fib");

  for (const std::string name : {"", "a b", "a..b", "1a", "a-b"}) {
    EXPECT_NE(refusal([&] { table.add(name, count); }), "(no refusal)") << name;
  }
  EXPECT_NE(refusal([&] { table.add(std::string(252, 'a'), count); }), "(no refusal)");
  EXPECT_EQ(refusal([&] { table.add(std::string(251, 'a'), count); }), "(no refusal)");
  EXPECT_EQ(refusal([] { TaskTable bad("../x"); }),
            "'../x' is no name of a module: it must look like 'fib' or 'package.fib'");
}

TEST(TaskTable, RefusesAParameterNamedTwice) {
  TaskTable table("fib");

  EXPECT_EQ(refusal([&] {
              table.add("f", [](int, int) {}, {"a", "a"});
            }),
            "task 'fib.f': two parameters are named 'a'");
}

TEST(TaskTable, RefusesADefaultThatDoesNotFit) {
  TaskTable table("fib");

  EXPECT_EQ(refusal([&] {
              table.add("f", count, {{"n", "many"}});
            }),
            "task 'fib.f': default of parameter 'n': expected an integer in int's range, got str "
            "'many'");
  EXPECT_EQ(table.tasks().size(), 0U);
}

TEST(Module, IsReachableByNameInTheSameProgram) {
  const Module* module = rqpp_module_own();

  TaskTable table(module->name);
  module->fill(table);

  EXPECT_STREQ(module->name, "own");
  EXPECT_EQ(module->abi, kModuleAbi);
  EXPECT_EQ(names(table), std::vector<std::string>{"nothing"});
}

TEST(Version, IsTheOneOfTheBuild) {
  std::ifstream file(test::source_dir() + "/CMakeLists.txt");
  std::stringstream text;
  text << file.rdbuf();

  EXPECT_NE(text.str().find("project(rqpp VERSION " RQPP_VERSION " "), std::string::npos);
}

}  // namespace
}  // namespace rqpp
