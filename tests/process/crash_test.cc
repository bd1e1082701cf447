// What a job leaves behind when its process dies: a real worker, a real Redis, real signals.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/sanitizers.h"
#include "support/worker_test.h"

namespace rqpp::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class Crash : public WorkerTest {
 protected:
  /// Runs it, then another one: the worker lives on.
  std::string failure_of(const std::string& task, Value::Items args = {}) {
    const AnyJob job = enqueue(task, std::move(args));
    const AnyJob next = enqueue("horses.pid");
    EXPECT_EQ(burst().exit_code, 0);
    EXPECT_EQ(job.status(), Status::failed);
    EXPECT_EQ(next.status(), Status::finished);
    return job.exc_info();
  }
};

TEST_F(Crash, ShowsTheBacktraceOfANullPointer) {
  const std::string text = failure_of("mishaps.read_null");

  EXPECT_THAT(text, StartsWith("Work-horse terminated unexpectedly; waitpid returned"));
  EXPECT_THAT(text, HasSubstr("(signal 11); \nTraceback (most recent call last):\n  File \""));
  EXPECT_THAT(text, HasSubstr("in harbour::load_cargo"));
  EXPECT_THAT(text, HasSubstr("in harbour::read_null"));
  EXPECT_LT(text.find("load_cargo"), text.find("read_null"));
  EXPECT_THAT(text,
              HasSubstr("SIGSEGV (Segmentation fault): it used a null pointer (address 0x0)"));
  EXPECT_THAT(text, Not(HasSubstr("rqpp::")));
  EXPECT_THAT(text, Not(HasSubstr("in main")));
}

TEST_F(Crash, HasNamesWhoeverLoadedTheModule) {
  // The first horse loads it, later ones are born with it.
  std::vector<AnyJob> jobs;
  for (int i = 0; i < 5; ++i) jobs.push_back(enqueue("mishaps.read_null"));

  ASSERT_EQ(burst().exit_code, 0);

  for (const AnyJob& job : jobs) EXPECT_THAT(job.exc_info(), HasSubstr("in harbour::read_null"));
}

TEST_F(Crash, ShowsAStackThatOverflowed) {
  const std::string text = failure_of("mishaps.overflow_stack", {0});

  EXPECT_THAT(text, HasSubstr("its stack overflowed"));
  EXPECT_THAT(text, HasSubstr("...older frames are left out\n"));
  EXPECT_THAT(text, HasSubstr("in harbour::sink_deeper"));
}

TEST_F(Crash, ShowsAHeapThatWasSpoiled) {
  if (kAddressSanitizer || kThreadSanitizer) {
    GTEST_SKIP() << "the sanitizer's allocator reports it in its own way, or not at all";
  }
  const std::string text = failure_of("mishaps.spoil_heap");

  EXPECT_THAT(text, HasSubstr("in harbour::spoil_heap"));
  EXPECT_THAT(text, HasSubstr("SIGABRT (Aborted)"));
}

TEST_F(Crash, ShowsADivisionByZero) {
  const std::string text = failure_of("mishaps.divide", {7});

  EXPECT_THAT(text, HasSubstr("in harbour::divide"));
  EXPECT_THAT(text, HasSubstr("SIGFPE (Floating point exception): it divided an integer by zero"));
}

TEST_F(Crash, ShowsWhoCalledANullPointer) {
  if (kAddressSanitizer) GTEST_SKIP() << "the frame that jumps to 0 has no name in such a build";
  const std::string text = failure_of("mishaps.jump_nowhere");

  EXPECT_THAT(text, HasSubstr("in harbour::jump_nowhere"));
  EXPECT_THAT(text, HasSubstr("it used a null pointer"));
}

TEST_F(Crash, NamesTheExceptionThatNobodyCaught) {
  if (kThreadSanitizer) GTEST_SKIP() << "ThreadSanitizer's frames hide what ended the process";
  const std::string text = failure_of("mishaps.throw_through_noexcept");

  EXPECT_THAT(text, HasSubstr("in harbour::throw_through_noexcept"));
  EXPECT_THAT(text, HasSubstr("SIGABRT (Aborted): std::terminate was called for "
                              "std::runtime_error: fog on the quay"));
  EXPECT_THAT(text, Not(HasSubstr("libstdc++")));
}

TEST_F(Crash, ShowsTheThreadThatCrashed) {
  EXPECT_THAT(failure_of("mishaps.crash_in_thread"), HasSubstr("in harbour::read_null"));
}

TEST_F(Crash, ShowsASignalThatATaskRaises) {
  EXPECT_THAT(failure_of("mishaps.trap"), AllOf(HasSubstr("(signal 5); \n"), HasSubstr("SIGTRAP")));
}

TEST_F(Crash, LeavesHandlersOfAModuleAlone) {
  EXPECT_THAT(failure_of("mishaps.handle_own_crash"), HasSubstr("exit code 42"));
}

TEST_F(Crash, LeavesHandlersAloneThatAModuleBringsAlong) {
  std::vector<AnyJob> jobs;
  for (int i = 0; i < 4; ++i) jobs.push_back(enqueue("handles_crashes.crash"));

  ASSERT_EQ(burst().exit_code, 0);

  for (const AnyJob& job : jobs) EXPECT_THAT(job.exc_info(), HasSubstr("exit code 43"));
}

TEST_F(Crash, NeedsNoDescriptors) {
  EXPECT_THAT(failure_of("mishaps.crash_without_descriptors"), HasSubstr("in harbour::read_null"));
}

TEST_F(Crash, OfAChildIsNotThatOfItsHorse) {
  EXPECT_THAT(failure_of("mishaps.crash_in_child"),
              AllOf(HasSubstr("exit code 7"), HasSubstr("the task called exit()")));

  const AnyJob job = enqueue("mishaps.read_after_crash_of_child");
  ASSERT_EQ(burst().exit_code, 0);
  EXPECT_EQ(job.wait(std::chrono::seconds(1)), Value("child died"));
}

TEST_F(Crash, SaysThatATaskClosedItsChannel) {
  EXPECT_THAT(failure_of("mishaps.close_everything"),
              HasSubstr("the task closed a descriptor that is not its own, 3"));
}

// As in a program that names its C++ runtime before this library.
TEST(Exceptions, AreThrownWhereTheRuntimeStandsInFrontOfTheLibrary) {
  if (kAddressSanitizer || kThreadSanitizer) GTEST_SKIP() << "the sanitizer must stand in front";
  const Ended ended =
      rqpp({"info", "--url", "nonsense://"}, {.environment = {{"LD_PRELOAD", "libstdc++.so.6"}}});

  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr("the scheme 'nonsense' is not redis, rediss or unix"));
}

}  // namespace
}  // namespace rqpp::test
