#include "worker/slate.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

class SlateTest : public testing::Test {
 protected:
  static Slate::Note note(const std::string& value, Slate::Clock::time_point began = kStart) {
    return {.outcome = {.return_value = value}, .began = began, .ended = began + 1ms};
  }
  static std::vector<std::string> values(const std::vector<Slate::Note>& notes) {
    std::vector<std::string> result;
    for (const Slate::Note& it : notes) result.push_back(it.outcome.return_value);
    return result;
  }
  std::vector<std::string> take() { return values(parent_.take(kStart + 1h)); }

  static constexpr Slate::Clock::time_point kStart{1000s};

  Slate parent_{};
  Slate horse_{parent_.share()};
};

TEST_F(SlateTest, TellsTheParentWhatTheHorseHasDone) {
  const Slate::Row row = parent_.open(kStart);

  EXPECT_TRUE(horse_.go_on(row, 0, note("a")));
  EXPECT_TRUE(horse_.go_on(row, 1, note("b", kStart + 1ms)));

  const auto notes = parent_.take(kStart + 1h);
  EXPECT_EQ(values(notes), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(notes[1].began, kStart + 1ms);
  EXPECT_EQ(notes[1].ended, kStart + 2ms);
  EXPECT_TRUE(horse_.go_on(row, 2, note("c")));
  EXPECT_EQ(take(), std::vector<std::string>{"c"});
  EXPECT_TRUE(take().empty());
}

TEST_F(SlateTest, LetsNothingBeginInAClosedRow) {
  const Slate::Row row = parent_.open(kStart);
  horse_.go_on(row, 0, note("a"));

  parent_.close();

  EXPECT_FALSE(horse_.go_on(row, 1, note("b")));
  EXPECT_EQ(take(), std::vector<std::string>{"a"});
}

TEST_F(SlateTest, IsClosedByAHorseThatLeavesTheRow) {
  const Slate::Row row = parent_.open(kStart);

  horse_.leave(row);

  EXPECT_FALSE(horse_.go_on(row, 0, note("a")));
  EXPECT_TRUE(take().empty());
}

TEST_F(SlateTest, BeginsEachRowAnew) {
  const Slate::Row first = parent_.open(kStart);
  horse_.go_on(first, 0, note("a"));
  take();
  const Slate::Row second = parent_.open(kStart);

  EXPECT_FALSE(horse_.go_on(first, 1, note("late")));
  EXPECT_TRUE(horse_.go_on(second, 0, note("b")));

  EXPECT_EQ(take(), std::vector<std::string>{"b"});
}

TEST_F(SlateTest, TakesNoNoteForWhichThereIsNoRoom) {
  const Slate::Row row = parent_.open(kStart);

  EXPECT_TRUE(horse_.go_on(row, 0, note(std::string(40'000, 'x'))));
  EXPECT_FALSE(horse_.go_on(row, 1, note(std::string(40'000, 'y'))));

  EXPECT_EQ(take(), std::vector<std::string>{std::string(40'000, 'x')});
}

TEST_F(SlateTest, LetsNothingBeginWhenItsParentHasNotLookedForLong) {
  const Slate::Row row = parent_.open(kStart);

  EXPECT_FALSE(horse_.go_on(row, 0, note("a", kStart + Slate::kLongestRow)));
}

TEST_F(SlateTest, BelievesNoTimesThatCannotBe) {
  const Slate::Row row = parent_.open(kStart);
  Slate::Note wrong = note("a");
  wrong.began = kStart + 500ms;
  wrong.ended = kStart + 300ms;
  horse_.go_on(row, 0, wrong);

  const auto notes = parent_.take(kStart + 200ms);

  EXPECT_EQ(notes.at(0).ended, kStart + 200ms);
  EXPECT_EQ(notes.at(0).began, kStart + 200ms);
}

TEST_F(SlateTest, KeepsItsSizeWhateverAHorseDoes) {
  const base::Fd memory = parent_.share();

  EXPECT_NE(::ftruncate(memory.get(), 0), 0);
  EXPECT_NE(::ftruncate(memory.get(), 1 << 20), 0);
  EXPECT_NE(::fcntl(memory.get(), F_ADD_SEALS, F_SEAL_FUTURE_WRITE), 0);

  const Slate::Row row = parent_.open(kStart);
  EXPECT_TRUE(horse_.go_on(row, 0, note("a")));
  EXPECT_EQ(take(), std::vector<std::string>{"a"});
}

TEST_F(SlateTest, RefusesARowThatItWasNotGiven) {
  const base::Fd memory = parent_.share();
  void* mapped = ::mmap(nullptr, 8, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  ASSERT_NE(mapped, MAP_FAILED);
  const Slate::Row row = parent_.open(kStart);
  horse_.go_on(row, 0, note("a"));

  *static_cast<std::uint64_t*>(mapped) += std::uint64_t{1} << 32;

  EXPECT_THROW(parent_.take(kStart + 1h), DecodeError);
  ::munmap(mapped, 8);
}

TEST_F(SlateTest, RefusesNonsense) {
  constexpr std::size_t kAll = std::size_t{60} << 10;
  constexpr std::size_t kBehindTheState = 8;
  const base::Fd memory = parent_.share();
  void* mapped = ::mmap(nullptr, kAll, PROT_READ | PROT_WRITE, MAP_SHARED, memory.get(), 0);
  ASSERT_NE(mapped, MAP_FAILED);

  for (const int filling : {0x00, 0x01, 0x7F, 0xFF}) {
    const Slate::Row row = parent_.open(kStart);
    horse_.go_on(row, 0, note("a"));
    std::memset(static_cast<char*>(mapped) + kBehindTheState, filling, kAll - kBehindTheState);

    EXPECT_THROW(parent_.take(kStart + 1h), DecodeError) << filling;
  }
  ::munmap(mapped, kAll);
}

}  // namespace
}  // namespace rqpp::worker
