#include "codec/compress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::codec {
namespace {

using namespace std::string_literals;
using ::testing::HasSubstr;
using ::testing::StartsWith;

/// Text that compresses, but not to nothing.
std::string sample(std::size_t length) {
  std::string text;
  for (std::uint32_t state = 1; text.size() < length; state = state * 1664525U + 1013904223U) {
    text += static_cast<char>('a' + (state >> 28));
  }
  return text;
}

TEST(Deflate, WritesTheHeaderThatPythonWrites) {
  EXPECT_THAT(deflate("abc"), StartsWith("\x78\x9c"));
  EXPECT_EQ(deflate(""), "\x78\x9c\x03\0\0\0\0\x01"s);  // RQ's compressed empty exc_info.
}

TEST(Deflate, IsReadBackAtEveryLevelAndSize) {
  for (const std::size_t length : {0, 1, 100, 1023, 1024, 300'000}) {
    for (const int level : {0, 1, 6, 9}) {
      const std::string text = sample(length);
      EXPECT_EQ(inflate(deflate(text, level)), text) << length << " at level " << level;
    }
  }
}

TEST(Deflate, RefusesALevelThatIsNone) {
  EXPECT_THROW(deflate("a", 10), InvalidArgument);
  EXPECT_THROW(deflate("a", -1), InvalidArgument);
}

TEST(Inflate, StopsABomb) {
  const std::string bomb = deflate(std::string(1 << 20, '\0'));

  EXPECT_EQ(inflate(bomb, 1 << 20).size(), 1 << 20);
  try {
    inflate(bomb, (1 << 20) - 1);
    FAIL() << "inflated";
  } catch (const DecodeError& error) {
    EXPECT_STREQ(error.what(), "compressed data inflates to more than 1048575 bytes");
  }
  EXPECT_THROW(inflate(deflate("a"), 0), DecodeError);
  EXPECT_EQ(inflate(deflate(""), 0), "");
}

TEST(Inflate, RefusesDamagedStreams) {
  const std::string whole = deflate(sample(1000));
  EXPECT_THROW(inflate(""), DecodeError);
  EXPECT_THROW(inflate("x"), DecodeError);
  EXPECT_THROW(inflate("hello world"), DecodeError);
  for (std::size_t length = 0; length < whole.size(); ++length) {
    EXPECT_THROW(inflate(whole.substr(0, length)), DecodeError);
  }
  std::string damaged = whole;
  damaged.back() ^= 1;
  EXPECT_THROW(inflate(damaged), DecodeError);
}

TEST(Inflate, IgnoresWhatFollowsTheStream) { EXPECT_EQ(inflate(deflate("abc") + "junk"), "abc"); }

TEST(InflateOrRaw, TakesEither) {
  EXPECT_EQ(inflate_or_raw(deflate("\x80\x04N.")), "\x80\x04N.");
  EXPECT_EQ(inflate_or_raw("\x80\x04N."), "\x80\x04N.");
  EXPECT_EQ(inflate_or_raw(""), "");
  EXPECT_EQ(inflate_or_raw("\x78\x9c cut short"), "\x78\x9c cut short");
}

TEST(InflateOrRaw, StopsABomb) {
  const std::string bomb = deflate(std::string(1001, '\0'));

  EXPECT_EQ(inflate_or_raw(bomb, 1001).size(), 1001);
  EXPECT_THROW(inflate_or_raw(bomb, 1000), DecodeError);
}

}  // namespace
}  // namespace rqpp::codec
