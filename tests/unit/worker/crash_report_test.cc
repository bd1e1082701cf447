#include "worker/crash_report.h"

#include <csignal>
#include <memory>

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

  words_->reset();
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

TEST(LastWordsPool, GivesAPlaceToEachHorse) {
  LastWordsPool pool;
  LastWords* first = pool.take();
  LastWords* second = pool.take();
  ASSERT_NE(first, second);
  pool.assign(first, 11);
  pool.assign(second, 22);

  EXPECT_EQ(pool.find(22), second);
  EXPECT_EQ(pool.find(33), nullptr);
  EXPECT_EQ(pool.find(0), nullptr);

  first->say("gone");
  pool.give_back(first);
  EXPECT_EQ(pool.find(11), nullptr);
  EXPECT_EQ(pool.take(), first);
  EXPECT_EQ(note_of(*first), "");
}

TEST(LastWordsPool, HasAnEnd) {
  LastWordsPool pool;
  for (std::size_t i = 0; i < LastWordsPool::kMostHorses; ++i) ASSERT_NE(pool.take(), nullptr);

  EXPECT_EQ(pool.take(), nullptr);
  pool.assign(nullptr, 1);
  pool.give_back(nullptr);
}

}  // namespace
}  // namespace rqpp::worker
