#include "mirror/course.h"

#include <gtest/gtest.h>

namespace rqpp::mirror {
namespace {

using namespace std::chrono_literals;

constexpr Course::TimePoint at(std::chrono::milliseconds since) {
  return Course::TimePoint{1'000s} + since;
}

class CourseTest : public testing::Test {
 protected:
  void read(std::chrono::milliseconds from, std::chrono::milliseconds to) {
    course.began(at(from));
    course.ended(at(to));
  }
  Course course{{.resync_interval = 60s, .min_resync_interval = 1s}};
};

TEST_F(CourseTest, ReadsEverythingAtOnceOnANewConnection) {
  course.connected(true, at(5s));

  EXPECT_EQ(course.due(), at(5s));
  EXPECT_EQ(course.as_of(), std::nullopt);
}

TEST_F(CourseTest, IsAsOfTheBeginningOfAReading) {
  course.connected(true, at(0s));
  course.began(at(10ms));
  EXPECT_TRUE(course.reading());
  EXPECT_EQ(course.as_of(), std::nullopt);

  course.ended(at(300ms));

  EXPECT_FALSE(course.reading());
  EXPECT_EQ(course.as_of(), at(10ms));
}

TEST_F(CourseTest, ReadsAnewAfterAWhile) {
  course.connected(true, at(0s));
  read(0s, 3s);

  EXPECT_EQ(course.due(), at(60s));
}

TEST_F(CourseTest, RestsAlsoBehindAReadingThatTookLongerThanAWhile) {
  course.connected(true, at(0s));
  read(0s, 100s);

  EXPECT_EQ(course.due(), at(101s));
}

TEST_F(CourseTest, ReadsAfterARestWhatChanged) {
  course.connected(true, at(0s));
  read(0s, 3s);

  course.changed();

  EXPECT_EQ(course.due(), at(4s));
}

TEST_F(CourseTest, ReadsOnceMoreWhatChangedWhileItRead) {
  course.connected(true, at(0s));
  course.began(at(0s));
  course.changed();
  course.ended(at(3s));
  EXPECT_EQ(course.due(), at(4s));

  read(4s, 5s);

  EXPECT_EQ(course.due(), at(64s));
}

TEST_F(CourseTest, StaysYoungAsLongAsNothingChanges) {
  course.connected(true, at(0s));
  read(0s, 3s);

  course.heard_all_before(at(20s));
  EXPECT_EQ(course.as_of(), at(20s));

  course.changed();
  course.heard_all_before(at(25s));
  EXPECT_EQ(course.as_of(), at(20s));
}

TEST_F(CourseTest, KnowsAtTheEndOfAReadingThatNothingHasChangedSince) {
  course.connected(true, at(0s));
  course.began(at(0s));
  course.heard_all_before(at(2s));
  EXPECT_EQ(course.as_of(), std::nullopt);

  course.ended(at(3s));

  EXPECT_EQ(course.as_of(), at(2s));
}

TEST_F(CourseTest, GetsNoOlderByAReadingInWhichSomethingChanged) {
  course.connected(true, at(0s));
  read(0s, 1s);
  course.began(at(60s));
  course.heard_all_before(at(62s));
  course.changed();

  course.ended(at(64s));

  EXPECT_EQ(course.as_of(), at(62s));
}

TEST_F(CourseTest, BelievesNoSilenceWhereRedisDoesNotTell) {
  course.connected(false, at(0s));
  course.began(at(0s));
  course.heard_all_before(at(2s));
  course.ended(at(3s));
  course.heard_all_before(at(20s));

  EXPECT_EQ(course.as_of(), at(0s));
}

TEST_F(CourseTest, HurriesWhenSomebodyWaits) {
  course.connected(false, at(0s));
  read(0s, 3s);

  course.hurry();
  EXPECT_EQ(course.due(), at(4s));

  read(4s, 5s);
  EXPECT_EQ(course.due(), at(64s));
}

TEST_F(CourseTest, KeepsItsAgeWhileItConnectsAnew) {
  course.connected(true, at(0s));
  read(0s, 1s);
  course.heard_all_before(at(30s));

  course.connected(true, at(40s));
  EXPECT_EQ(course.as_of(), at(30s));
  EXPECT_EQ(course.due(), at(40s));
  course.heard_all_before(at(41s));
  EXPECT_EQ(course.as_of(), at(30s));

  read(40s, 42s);
  EXPECT_EQ(course.as_of(), at(41s));
}

}  // namespace
}  // namespace rqpp::mirror
