#include "base/fd.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <type_traits>
#include <utility>

#include "rqpp/error.h"

namespace rqpp::base {
namespace {

int open_null() { return ::open("/dev/null", O_RDWR | O_CLOEXEC); }

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

TEST(Fd, ClosesAtTheEndOfItsLife) {
  const int descriptor = open_null();
  {
    const Fd owner(descriptor);
    EXPECT_TRUE(is_open(descriptor));
  }

  EXPECT_FALSE(is_open(descriptor));
}

TEST(Fd, MovesButIsNotCopied) {
  static_assert(!std::is_copy_constructible_v<Fd> && !std::is_copy_assignable_v<Fd>);
  const int descriptor = open_null();
  Fd first(descriptor);

  Fd second(std::move(first));
  Fd third;
  third = std::move(second);

  EXPECT_EQ(third.get(), descriptor);
  EXPECT_TRUE(is_open(descriptor));
}

TEST(Fd, ClosesTheOldOneWhenItTakesAnother) {
  const int old = open_null();
  Fd owner(old);

  owner.reset(open_null());

  EXPECT_FALSE(is_open(old));
  EXPECT_TRUE(is_open(owner.get()));
}

TEST(Fd, KeepsOpenWhatItReleases) {
  Fd owner(open_null());

  const Fd other(owner.release());

  EXPECT_FALSE(owner);
  EXPECT_TRUE(is_open(other.get()));
}

TEST(Fd, SurvivesAssignmentToItself) {
  Fd owner(open_null());
  Fd& same = owner;

  owner = std::move(same);

  EXPECT_TRUE(is_open(owner.get()));
}

TEST(Fd, LeavesErrnoAlone) {
  Fd owner(open_null());
  errno = ENOENT;

  owner.reset();

  EXPECT_EQ(errno, ENOENT);
}

TEST(SetNonblocking, MakesReadsReturnAtOnce) {
  const Fd owner(open_null());

  set_nonblocking(owner.get());

  EXPECT_NE(::fcntl(owner.get(), F_GETFL) & O_NONBLOCK, 0);
}

TEST(SetOnExec, ClosesOrKeeps) {
  const Fd owner(open_null());

  set_on_exec(owner.get(), OnExec::keep);
  EXPECT_EQ(::fcntl(owner.get(), F_GETFD) & FD_CLOEXEC, 0);
  set_on_exec(owner.get(), OnExec::close);
  EXPECT_NE(::fcntl(owner.get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(SetNonblocking, SaysWhyItFailed) {
  try {
    set_nonblocking(-1);
    FAIL() << "a closed descriptor was accepted";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "cannot read the flags of descriptor -1: bad file descriptor");
  }
}

TEST(ErrnoText, BeginsInLowerCaseExceptForAbbreviations) {
  EXPECT_EQ(errno_text(ECONNREFUSED), "connection refused");
  EXPECT_EQ(errno_text(EDOTDOT), "RFS specific error");
  EXPECT_EQ(errno_text(99'999), "error 99999");
}

}  // namespace
}  // namespace rqpp::base
