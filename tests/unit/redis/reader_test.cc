#include "redis/reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/replies.h"

#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

using test::array;
using test::error;
using test::number;
using test::status;
using test::text;
using testing::HasSubstr;

struct Golden {
  const char* name;
  std::string bytes;
  Reply reply;
};

const std::vector<Golden>& goldens() {
  static const std::vector<Golden> all{
      {"status", "+OK\r\n", status("OK")},
      {"empty_status", "+\r\n", status("")},
      {"error", "-WRONGTYPE Operation\r\n", error("WRONGTYPE Operation")},
      {"integer", ":1000\r\n", number(1000)},
      {"least", ":-9223372036854775808\r\n", number(std::numeric_limits<std::int64_t>::min())},
      {"most", ":9223372036854775807\r\n", number(std::numeric_limits<std::int64_t>::max())},
      {"string", "$5\r\nhello\r\n", text("hello")},
      {"empty_string", "$0\r\n\r\n", text("")},
      {"binary", std::string("$6\r\n\r\n\0+\xFF$\r\n", 12), text(std::string("\r\n\0+\xFF$", 6))},
      {"nil", "$-1\r\n", Reply{}},
      {"nil_array", "*-1\r\n", Reply{}},
      {"empty_array", "*0\r\n", array({})},
      {"array", "*3\r\n$1\r\na\r\n:2\r\n$-1\r\n", array({text("a"), number(2), Reply{}})},
      {"nested", "*2\r\n*2\r\n$1\r\na\r\n*0\r\n*1\r\n*1\r\n:1\r\n",
       array({array({text("a"), array({})}), array({array({number(1)})})})},
      {"error_inside", "*2\r\n-ERR x\r\n+QUEUED\r\n", array({error("ERR x"), status("QUEUED")})},
  };
  return all;
}

class GoldenReply : public testing::TestWithParam<Golden> {};

TEST_P(GoldenReply, IsReadWhole) {
  ReplyReader reader;

  reader.feed(GetParam().bytes);

  EXPECT_EQ(reader.next(), GetParam().reply);
  EXPECT_EQ(reader.next(), std::nullopt);
}

TEST_P(GoldenReply, IsReadByteByByte) {
  ReplyReader reader;
  const std::string& bytes = GetParam().bytes;

  for (std::size_t i = 0; i + 1 < bytes.size(); ++i) {
    reader.feed(bytes.substr(i, 1));
    ASSERT_EQ(reader.next(), std::nullopt) << "after " << i + 1 << " bytes";
  }
  reader.feed(bytes.substr(bytes.size() - 1));

  EXPECT_EQ(reader.next(), GetParam().reply);
}

INSTANTIATE_TEST_SUITE_P(Resp2, GoldenReply, testing::ValuesIn(goldens()),
                         [](const auto& golden) { return std::string(golden.param.name); });

TEST(ReplyReader, ReadsManyRepliesFromPiecesOfAnySize) {
  std::string bytes;
  for (int round = 0; round < 50; ++round) {
    for (const Golden& golden : goldens()) bytes += golden.bytes;
  }
  for (const std::size_t piece : {1UL, 2UL, 3UL, 7UL, 1000UL, 1'000'000UL}) {
    ReplyReader reader;
    std::vector<Reply> replies;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      reader.feed(std::string_view(bytes).substr(at, piece));
      while (auto reply = reader.next()) replies.push_back(std::move(*reply));
    }
    ASSERT_EQ(replies.size(), 50 * goldens().size());
    for (std::size_t i = 0; i < replies.size(); ++i) {
      ASSERT_EQ(replies[i], goldens()[i % goldens().size()].reply);
    }
  }
}

TEST(ReplyReader, ReadsAnArrayLargerThanTheRoomMadeAhead) {
  std::string bytes = "*5000\r\n";
  for (int i = 0; i < 5000; ++i) bytes += "*1\r\n:" + std::to_string(i) + "\r\n";
  ReplyReader reader;

  reader.feed(bytes);
  const auto reply = reader.next();

  ASSERT_TRUE(reply);
  ASSERT_EQ(reply->elements.size(), 5000U);
  EXPECT_EQ(reply->elements[4999].elements.at(0).number, 4999);
}

TEST(ReplyReader, ReadsOnAfterItWasMoved) {
  ReplyReader first;
  first.feed("*2\r\n:1\r\n");
  ASSERT_EQ(first.next(), std::nullopt);

  ReplyReader second = std::move(first);
  second.feed(":2\r\n");

  EXPECT_EQ(second.next(), array({number(1), number(2)}));
}

std::string refusal_of_bytes(const std::string& bytes) {
  ReplyReader reader;
  try {
    reader.feed(bytes);
    while (reader.next()) {
    }
  } catch (const DecodeError& error) {
    EXPECT_THROW(reader.next(), DecodeError) << "it read on behind an error";
    return error.what();
  }
  return "accepted";
}

std::string nested(int depth) {
  std::string bytes;
  for (int i = 0; i < depth; ++i) bytes += "*1\r\n";
  return bytes + ":1\r\n";
}

TEST(ReplyReader, RefusesWhatIsNotResp) {
  EXPECT_THAT(refusal_of_bytes("HTTP/1.1 400 Bad Request\r\n"),
              HasSubstr("Redis sent what is not RESP2: "));
  EXPECT_THAT(refusal_of_bytes(":12x\r\n"), HasSubstr("Bad integer"));
  EXPECT_THAT(refusal_of_bytes("$abc\r\n"), HasSubstr("Bad bulk string length"));
  EXPECT_THAT(refusal_of_bytes("$-2\r\n"), HasSubstr("out of range"));
  EXPECT_THAT(refusal_of_bytes("*-2\r\n"), HasSubstr("out of range"));
}

TEST(ReplyReader, RefusesResp3) {
  for (const char* bytes :
       {"%1\r\n+a\r\n+b\r\n", "~1\r\n+a\r\n", ">1\r\n+a\r\n", ",1.5\r\n", "#t\r\n",
        "(12345678901234567890\r\n", "=5\r\ntxt:a\r\n", "|1\r\n+a\r\n+b\r\n"}) {
    EXPECT_THAT(refusal_of_bytes(bytes), HasSubstr("what is not RESP2")) << bytes;
  }
}

TEST(ReplyReader, RefusesTooDeepNesting) {
  EXPECT_EQ(refusal_of_bytes(nested(ReplyReader::kMaxDepth)), "accepted");
  EXPECT_THAT(refusal_of_bytes(nested(ReplyReader::kMaxDepth + 1)), HasSubstr("arrays"));
  EXPECT_THAT(refusal_of_bytes(nested(100'000)), HasSubstr("RESP2"));
}

TEST(ReplyReader, MakesNoRoomForElementsThatDoNotCome) {
  ReplyReader reader;

  reader.feed("*16777216\r\n*16777216\r\n*16777216\r\n");

  EXPECT_EQ(reader.next(), std::nullopt);
  EXPECT_THAT(refusal_of_bytes("*16777217\r\n"), HasSubstr("too many elements"));
  EXPECT_THAT(refusal_of_bytes("*2147483647\r\n"), HasSubstr("too many elements"));
  EXPECT_THAT(refusal_of_bytes("*9223372036854775807\r\n"), HasSubstr("RESP2"));
}

TEST(ReplyReader, RefusesLengthsThatOverflow) {
  for (const char* length : {"9223372036854775807", "9223372036854775806", "9223372036854775805",
                             "9223372036854775800"}) {
    ReplyReader reader;
    reader.feed(std::string("$") + length + "\r\nabc\r\n");
    try {
      EXPECT_EQ(reader.next(), std::nullopt) << length;
    } catch (const DecodeError& error) {
      EXPECT_THAT(error.what(), HasSubstr("a string that is too long"));
    }
  }
}

TEST(ReplyReader, StopsCollectingAStringThatNeverEnds) {
  constexpr std::size_t kMebibyte = std::size_t{1} << 20;
  ReplyReader reader(2 * kMebibyte);
  const std::string piece(kMebibyte, 'x');
  reader.feed("$9000000000\r\n");

  std::size_t taken = 0;
  const auto feed_for_ever = [&] {
    for (; taken < 10; ++taken) {
      reader.feed(piece);
      ASSERT_EQ(reader.next(), std::nullopt);
    }
  };

  EXPECT_THROW(feed_for_ever(), DecodeError);
  EXPECT_GE(taken, 2U);
  EXPECT_LE(taken, 3U);
}

TEST(ReplyReader, RefusesAReplyThatIsTooLarge) {
  const std::string element = "$100000\r\n" + std::string(100'000, 'x') + "\r\n";
  ReplyReader reader(ReplyReader::kMaxBytes, 1'000'000);
  const auto feed = [&reader, &element](int elements) {
    reader.feed("*" + std::to_string(elements) + "\r\n");
    for (int i = 0; i < elements; ++i) {
      reader.feed(element);
      reader.next();
    }
  };

  for (int replies = 0; replies < 100; ++replies) feed(9);

  try {
    feed(30);
    FAIL() << "it is read";
  } catch (const DecodeError& error) {
    EXPECT_THAT(error.what(), HasSubstr("a reply above 1000000 bytes"));
  }
}

}  // namespace
}  // namespace rqpp::redis
