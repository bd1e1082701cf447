#include <rqpp/gtest.h>

#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp {
namespace {

using ::testing::_;
using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::Field;
using ::testing::Gt;
using ::testing::Not;
using ::testing::StringMatchResultListener;

constexpr Task<void(std::string, int)> kSend{"mail.send"};
constexpr Task<void(int)> kOther{"mail.other"};

struct Matchers : ::testing::Test {
  Matchers() { queue.sibling("mail").enqueue(kSend("ada@example.org", 2)); }

  MemoryQueue queue{};
};

TEST_F(Matchers, FindACallByItsValue) {
  EXPECT_THAT(queue, WasEnqueued(kSend("ada@example.org", 2)));
  EXPECT_THAT(queue, Not(WasEnqueued(kSend("ada@example.org", 3))));
  EXPECT_THAT(queue, Not(WasEnqueued(call("mail.send", "ada@example.org").with("copies", 2))));
}

TEST_F(Matchers, FindACallByItsArguments) {
  EXPECT_THAT(queue, WasEnqueued(kSend, EndsWith("@example.org"), Gt(1)));
  EXPECT_THAT(queue, WasEnqueued(kSend, _, 2));
  EXPECT_THAT(queue, Not(WasEnqueued(kSend, EndsWith("@example.com"), _)));
  EXPECT_THAT(queue, Not(WasEnqueued(kOther, _)));
}

TEST_F(Matchers, FindACallByItsTask) {
  EXPECT_THAT(queue, WasEnqueued(kSend));
  EXPECT_THAT(queue, WasEnqueued("mail.send"));
  EXPECT_THAT(queue, Not(WasEnqueued(kOther)));
}

TEST_F(Matchers, LookAtSingleJobs) {
  EXPECT_THAT(queue.enqueued(), ElementsAre(Calls(kSend("ada@example.org", 2))));
  EXPECT_THAT(queue.enqueued(),
              Contains(AllOf(Calls(kSend, _, Gt(1)), Field(&JobInfo::queue, "mail"))));
}

template <class Matched, class Matcher>
std::string failure(const Matched& value, const Matcher& matcher) {
  const ::testing::Matcher<Matched> whole(matcher);
  std::ostringstream text;
  whole.DescribeTo(&text);
  text << "; actual: " << ::testing::PrintToString(value);
  StringMatchResultListener why;
  EXPECT_FALSE(whole.MatchAndExplain(value, &why));
  if (!why.str().empty()) text << ", " << why.str();
  return text.str();
}

TEST_F(Matchers, SayWhatTheQueueGotInstead) {
  EXPECT_EQ(failure(queue, WasEnqueued(kSend("bob", 1))),
            "got mail.send('bob', 1); actual: a queue that got 1 job\n"
            "    mail.send('ada@example.org', 2) on 'mail'");
  EXPECT_EQ(failure(queue, WasEnqueued(kSend, EndsWith("@b"), Gt(1))),
            "got mail.send(ends with \"@b\", is > 1); actual: a queue that got 1 job\n"
            "    mail.send('ada@example.org', 2) on 'mail'");
}

TEST_F(Matchers, SayWhichArgumentDiffers) {
  EXPECT_EQ(failure(queue.enqueued().at(0), Calls(kSend, _, Gt(7))),
            "calls mail.send(is anything, is > 7); actual: mail.send('ada@example.org', 2) on "
            "'mail', argument 2 is 2");
}

TEST_F(Matchers, ShowFailuresOfADrain) {
  const std::string text = ::testing::PrintToString(queue.drain());

  EXPECT_THAT(text,
              ::testing::StartsWith("1 runs, 1 failures\n    mail.send('ada@example.org', 2): "));
}

}  // namespace
}  // namespace rqpp
