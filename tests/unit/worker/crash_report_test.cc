#include "worker/crash_report.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "worker/inquest.h"

namespace rqpp::worker {
namespace {

using testing::HasSubstr;

Crash fault(int signal, int code, std::uint64_t address, std::uint64_t stack = 0x7fff'0000'0000) {
  return {.signal = signal, .code = code, .address = address, .stack_pointer = stack};
}

TEST(CrashHeadline, SaysWhatWasWrongWithTheAddress) {
  EXPECT_EQ(crash_headline(fault(SIGSEGV, SEGV_MAPERR, 0x10)),
            "SIGSEGV (Segmentation fault): it used a null pointer (address 0x10)");
  EXPECT_EQ(crash_headline(fault(SIGSEGV, SEGV_MAPERR, 0x123456789)),
            "SIGSEGV (Segmentation fault): it used address 0x123456789, where nothing is");
  EXPECT_THAT(crash_headline(fault(SIGSEGV, SEGV_ACCERR, 0x123456789)), HasSubstr("not permitted"));
  EXPECT_THAT(crash_headline(fault(SIGSEGV, SI_KERNEL, 0)), HasSubstr("no process can have"));
  EXPECT_THAT(crash_headline(fault(SIGBUS, BUS_ADRERR, 0x123456789)), HasSubstr("become shorter"));
}

TEST(CrashHeadline, KnowsAStackThatOverflowed) {
  EXPECT_THAT(crash_headline(fault(SIGSEGV, SEGV_MAPERR, 0x7ffe'ffff'fff8)),
              HasSubstr("its stack overflowed"));
  EXPECT_THAT(crash_headline(fault(SIGSEGV, SEGV_MAPERR, 0x7ffe'fff0'0000)),
              HasSubstr("where nothing is"));
}

TEST(CrashHeadline, KnowsOtherFaults) {
  EXPECT_THAT(crash_headline(fault(SIGFPE, FPE_INTDIV, 1)),
              HasSubstr("divided an integer by zero"));
  EXPECT_THAT(crash_headline(fault(SIGILL, ILL_ILLOPN, 0x77)), HasSubstr("at address 0x77"));
  EXPECT_EQ(crash_headline(fault(SIGABRT, SI_TKILL, 0)), "SIGABRT (Aborted)");
  EXPECT_EQ(crash_headline({.signal = SIGSEGV, .code = SI_USER, .sender = 77}),
            "SIGSEGV (Segmentation fault): sent by process 77");
}

TEST(PlainBacktrace, NamesFilesAndPlacesOldestFirst) {
  const Crash crash{.addresses = {0x1010, 0x2020, 0x9999},
                    .maps = "1000-1100 r-xp 200 0 0 /opt/fib.so\n2000-3000 r 0 0 0 /opt/b.so\n"};

  EXPECT_EQ(plain_backtrace(crash),
            "Traceback (most recent call last):\n"
            "  File \"0x9999\", in ?\n"
            "  File \"/opt/b.so+0x20\", in ?\n"
            "  File \"/opt/fib.so+0x210\", in ?\n");
  EXPECT_EQ(plain_backtrace({}), "");
}

class LastWordsTest : public testing::Test {
 protected:
  std::string text(int signal = SIGABRT, const JobLimits& limits = {}) const {
    return last_words_of({.wait_status = signal}, *words_, limits);
  }

  std::unique_ptr<LastWords> words_ = std::make_unique<LastWords>();
};

TEST_F(LastWordsTest, AreNoneWithoutACrash) {
  EXPECT_EQ(crash_of(*words_), std::nullopt);
  EXPECT_EQ(note_of(*words_), "");
  EXPECT_EQ(text(), "");
}

TEST_F(LastWordsTest, KeepTheFirstNote) {
  words_->say("first");
  words_->say("second");
  EXPECT_EQ(note_of(*words_), "first");
}

TEST_F(LastWordsTest, CutANoteThatIsTooLong) {
  words_->say(std::string(10'000, 'x'));

  EXPECT_EQ(note_of(*words_).size(), LastWords::kMostNoteBytes);
}

TEST_F(LastWordsTest, AreReadWithinTheirBoundsWhateverTheySay) {
  words_->signal = 12345;
  words_->frames = 0xffff'ffff;
  words_->note_bytes = 0xffff'ffff;
  words_->maps_bytes = 0xffff'ffff;
  words_->report_bytes = 0xffff'ffff;
  words_->note.fill('\xff');
  words_->report.fill('\xff');

  EXPECT_EQ(crash_of(*words_)->addresses.size(), LastWords::kMostFrames);
  EXPECT_EQ(crash_of(*words_)->maps.size(), LastWords::kMostMapsBytes);
  EXPECT_LE(text().size(), std::size_t{64} << 10);
}

TEST_F(LastWordsTest, EndWithTheReasonThatTheHorseGave) {
  words_->signal = SIGABRT;
  words_->say("std::terminate was called for int: 7");

  EXPECT_EQ(text(), "SIGABRT (Aborted): std::terminate was called for int: 7");
}

TEST_F(LastWordsTest, NameTheLimitThatWasReached) {
  const JobLimits limits{.memory_bytes = 256 << 20, .cpu = std::chrono::seconds(10)};

  EXPECT_EQ(text(SIGXCPU, limits),
            "CpuLimitExceeded: the job used more than its 10 s of CPU time (--max-cpu)");
  EXPECT_EQ(text(SIGXCPU), "");
  EXPECT_EQ(text(SIGKILL, limits), "");
  EXPECT_EQ(
      last_words_of({.wait_status = SIGKILL, .usage = {.user_cpu = limits.cpu}}, *words_, limits),
      text(SIGXCPU, limits));
  words_->say("std::terminate was called for std::bad_alloc: std::bad_alloc");
  EXPECT_EQ(text(SIGABRT, limits),
            "MemoryLimitExceeded: the job wanted more than its 256 MiB of memory (--max-memory)");
}

// ---- whose memory it is

/// The wait status of a child that leaves a note there.
int status_of_child_that_notes(const LastWordsMemory& memory, std::string_view text) {
  const pid_t child = ::fork();
  if (child == 0) {
    memory->say(text);
    ::_exit(0);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  return status;
}

TEST(LastWordsMemory, IsSharedWithTheForkThatFollows) {
  const LastWordsMemory memory = LastWordsMemory::map();
  ASSERT_TRUE(memory);

  EXPECT_EQ(status_of_child_that_notes(memory, "mine"), 0);

  EXPECT_EQ(note_of(*memory.get()), "mine");
}

TEST(LastWordsMemory, IsNotThereForLaterForks) {
  const LastWordsMemory memory = LastWordsMemory::map();
  memory.hide_from_forks();

  EXPECT_NE(status_of_child_that_notes(memory, "not mine"), 0) << "killed; a sanitizer exits";

  EXPECT_EQ(note_of(*memory.get()), "");
  memory.show_to_forks();
  EXPECT_EQ(status_of_child_that_notes(memory, "shown"), 0);
  EXPECT_EQ(note_of(*memory.get()), "shown");
}

TEST(LastWordsMemory, MayBeMissing) {
  const LastWordsMemory none;

  none.hide_from_forks();
  none.show_to_forks();
  EXPECT_FALSE(none);
}

}  // namespace
}  // namespace rqpp::worker
