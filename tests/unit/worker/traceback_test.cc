#include "worker/traceback.h"

#include <future>
#include <stdexcept>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/utf8.h"
#include "worker/frames.h"
#include "worker/symbolize.h"
#include "worker/throw_points.h"

#include <rqpp/error.h>

namespace orchard {

__attribute__((noinline)) void pick(int apples) {
  if (apples > 10) throw std::length_error("the basket holds 10");
}
__attribute__((noinline)) int harvest() {
  pick(11);
  return 11;
}
__attribute__((noinline)) int bake() {
  try {
    return harvest();
  } catch (...) {
    std::throw_with_nested(std::logic_error("no cake"));
  }
}
__attribute__((noinline)) int fall(int depth) {
  if (depth == 0) throw std::runtime_error("ground");
  return fall(depth - 1) + 1;
}

struct Wasp {};

}  // namespace orchard

namespace rqpp::worker {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Lt;
using testing::Not;
using testing::StartsWith;

template <class Action>
__attribute__((noinline)) void run_watched(ThrowWatch& watch, Action& action) {
  watch.start();
  action();
}

template <class Action>
ErrorText error_of(Action action) {
  ThrowWatch watch;
  try {
    run_watched(watch, action);
  } catch (...) {
    return describe_exception(std::current_exception());
  }
  return {.exc_info = "(nothing was thrown)"};
}

TEST(Traceback, LooksUpTheSamePlacesOnce) {
  const auto fail = [] { return error_of([] { orchard::harvest(); }).exc_info; };
  std::string texts[3];
  std::size_t insertions[3];
  for (std::size_t i = 0; i < 3; ++i) {  // the calls of fail() are one place, the loop's
    texts[i] = fail();
    insertions[i] = symbol_cache().insertions();
  }

  EXPECT_THAT(texts[0], HasSubstr("orchard::harvest"));
  EXPECT_EQ(texts[1], texts[0]);
  EXPECT_EQ(texts[2], texts[0]);
  EXPECT_GT(insertions[0], 0);
  EXPECT_EQ(insertions[2], insertions[0]);
}

TEST(Traceback, EndsWithTypeAndText) {
  const ErrorText error = error_of([] { orchard::harvest(); });

  EXPECT_EQ(error.summary, "std::length_error: the basket holds 10");
  EXPECT_THAT(error.exc_info, EndsWith("\nstd::length_error: the basket holds 10\n"));
}

TEST(Traceback, ShowsWhereItWasThrownOldestFirst) {
  const ErrorText error = error_of([] { orchard::harvest(); });

  EXPECT_THAT(error.exc_info, StartsWith("Traceback (most recent call last):\n  File \""));
  EXPECT_THAT(error.exc_info, HasSubstr("in orchard::harvest"));
  EXPECT_THAT(error.exc_info, HasSubstr("in orchard::pick"));
  EXPECT_LT(error.exc_info.find("orchard::harvest"), error.exc_info.find("orchard::pick"));
  EXPECT_THAT(error.exc_info, Not(HasSubstr("__cxa_throw")));
  EXPECT_THAT(error.exc_info, Not(HasSubstr("run_watched")));
  EXPECT_THAT(error.exc_info, Not(HasSubstr("in main")));
}

TEST(Traceback, NamesFileAndLine) {
  EXPECT_THAT(error_of([] { orchard::harvest(); }).exc_info,
              ContainsRegex("File \"[^\"]*traceback_test.cc\", line [0-9]+, in orchard::pick"));
}

TEST(Traceback, ShowsCausesBeforeWhatTheyCaused) {
  const ErrorText error = error_of([] { orchard::bake(); });

  EXPECT_EQ(error.summary, "std::logic_error: no cake");
  EXPECT_THAT(error.exc_info,
              HasSubstr("std::length_error: the basket holds 10\n\nThe above exception was the "
                        "direct cause of the following exception:\n\nTraceback (most recent call "
                        "last):\n"));
  EXPECT_LT(error.exc_info.find("orchard::pick"), error.exc_info.find("direct cause"));
  EXPECT_THAT(error.exc_info, EndsWith("\nstd::logic_error: no cake\n"));
}

TEST(Traceback, ShowsWhatIsNoStandardException) {
  EXPECT_EQ(error_of([] { throw 42; }).summary, "int: 42");
  EXPECT_EQ(error_of([] { throw "plain"; }).summary, "char const*: plain");
  EXPECT_EQ(error_of([] { throw std::string("text"); }).summary, "std::string: text");
  EXPECT_EQ(error_of([] { throw orchard::Wasp(); }).summary, "orchard::Wasp");
  EXPECT_EQ(describe_exception(nullptr).summary, "exception of another language");
}

TEST(Traceback, FollowsAnExceptionOutOfAThread) {
  const ErrorText error =
      error_of([] { std::async(std::launch::async, [] { orchard::harvest(); }).get(); });

  EXPECT_THAT(error.exc_info, HasSubstr("in orchard::pick"));
}

TEST(Traceback, KeepsTheFramesNextToTheThrowOfADeepRecursion) {
  const ErrorText error = error_of([] { orchard::fall(1'000); });

  EXPECT_THAT(error.exc_info, HasSubstr("older frames are left out"));
  EXPECT_THAT(error.exc_info, HasSubstr("in orchard::fall"));
  EXPECT_THAT(std::count(error.exc_info.begin(), error.exc_info.end(), '\n'), Lt(80));
}

TEST(Traceback, HasNoFramesForAThrowThatNobodyWatched) {
  std::exception_ptr unwatched;
  try {
    orchard::harvest();
  } catch (...) {
    unwatched = std::current_exception();
  }

  EXPECT_EQ(describe_exception(unwatched).exc_info, "std::length_error: the basket holds 10\n");
}

TEST(Traceback, DoesNotMixUpTwoExceptionsAtOneAddress) {
  const ErrorText error = error_of([] {
    try {
      orchard::fall(0);
    } catch (const std::runtime_error&) {
    }
    orchard::harvest();  // most likely takes the memory that the first one had
  });

  EXPECT_THAT(error.exc_info, AllOf(HasSubstr("orchard::pick"), Not(HasSubstr("orchard::fall"))));
}

TEST(Traceback, FitsIntoItsLimitAndIsUtf8) {
  std::string text(200'000, 'a');
  text += "\xff\xfe";
  text += std::string(200'000, 'z');

  const ErrorText error = error_of([&] { throw std::runtime_error(text); });

  EXPECT_THAT(error.exc_info.size(), testing::Le(kMaxErrorBytes));
  EXPECT_THAT(error.exc_info, HasSubstr("bytes are left out here"));
  EXPECT_THAT(error.exc_info, EndsWith("zzz\n"));
  EXPECT_EQ(base::find_invalid_utf8(error.exc_info), std::string::npos);
  EXPECT_THAT(error.summary, EndsWith("..."));
}

TEST(Traceback, PutsOneLineIntoTheSummary) {
  const ErrorText error = error_of([] { throw std::runtime_error("first\nsecond"); });

  EXPECT_EQ(error.summary, "std::runtime_error: first");
  EXPECT_THAT(error.exc_info, EndsWith("first\nsecond\n"));
}

TEST(Presentable, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(presentable("a\xff\xC3\xA4z", 100), "a\xEF\xBF\xBD\xC3\xA4z");
  EXPECT_EQ(presentable("\xED\xA0\x80", 100),  // a lone surrogate, three bytes
            "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
}

TEST(Presentable, CutsBetweenCharactersOnly) {
  std::string umlauts;
  for (int i = 0; i < 1'000; ++i) umlauts += "\xC3\xA4";

  for (std::size_t limit = 100; limit < 110; ++limit) {
    const std::string cut = presentable(umlauts, limit);

    EXPECT_THAT(cut.size(), testing::Le(limit));
    EXPECT_EQ(base::find_invalid_utf8(cut), std::string::npos) << limit;
    EXPECT_EQ(cut.find("\xEF\xBF\xBD"), std::string::npos) << limit;
  }
}

TEST(Presentable, LeavesWhatFits) {
  EXPECT_EQ(presentable(std::string(100, 'x'), 100), std::string(100, 'x'));
}

}  // namespace
}  // namespace rqpp::worker
