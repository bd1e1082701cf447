#include "client/write_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace rqpp::client {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

using Moment = WriteBuffer::Moment;

const Moment kNow{1'000s};

protocol::JobRecord job(const std::string& id) { return {.id = id, .origin = "q", .data = "D"}; }

TEST(WriteBuffer, IsDueADelayAfterTheFirstJob) {
  WriteBuffer buffer("f", {.linger = 10ms});
  EXPECT_EQ(buffer.due(), std::nullopt);

  EXPECT_TRUE(buffer.add(job("a"), kNow));
  EXPECT_FALSE(buffer.add(job("b"), kNow + 5ms));

  EXPECT_EQ(buffer.due(), kNow + 10ms);
  EXPECT_THAT(buffer.take().ids, ElementsAre("a", "b"));
  EXPECT_EQ(buffer.due(), std::nullopt);
}

TEST(WriteBuffer, IsDueAtOnceWhenAWriteIsComplete) {
  WriteBuffer buffer("f", {.jobs_per_write = 2});
  buffer.add(job("a"), kNow);

  EXPECT_TRUE(buffer.add(job("b"), kNow));
  EXPECT_TRUE(buffer.add(job("c"), kNow)) << "the first one of another write";

  EXPECT_EQ(buffer.due(), Moment::min());
  EXPECT_THAT(buffer.take().ids, ElementsAre("a", "b"));
  EXPECT_EQ(buffer.due(), kNow + 10ms);
}

TEST(WriteBuffer, CompletesAWriteOfManyBytes) {
  WriteBuffer buffer("f", {.bytes_per_write = 1'000});
  protocol::JobRecord large = job("a");
  large.data.assign(1'000, 'x');

  EXPECT_TRUE(buffer.add(large, kNow));

  EXPECT_EQ(buffer.due(), Moment::min());
}

TEST(WriteBuffer, IsDueAtOnceWhenItIsClosed) {
  WriteBuffer buffer("f", {});
  EXPECT_EQ(buffer.close(), 0) << "there is nothing";
  buffer.add(job("a"), kNow);

  EXPECT_EQ(buffer.close(), 1);
  EXPECT_EQ(buffer.close(), 1);

  EXPECT_EQ(buffer.due(), Moment::min());
}

TEST(WriteBuffer, IsFullUntilWhatItHoldsIsDone) {
  WriteBuffer buffer("f", {.jobs_per_write = 2, .max_buffered_jobs = 3});
  for (const char* id : {"a", "b"}) buffer.add(job(id), kNow);
  EXPECT_FALSE(buffer.full());
  buffer.add(job("c"), kNow);
  EXPECT_TRUE(buffer.full());

  const NumberedWrite write = buffer.take();
  EXPECT_TRUE(buffer.full()) << "it is on its way";
  buffer.done(write);

  EXPECT_FALSE(buffer.full());
  EXPECT_EQ(buffer.jobs(), 1U);
}

TEST(WriteBuffer, IsFullOfBytes) {
  WriteBuffer buffer("f", {.max_buffered_bytes = 10});

  buffer.add(job("a"), kNow);

  EXPECT_TRUE(buffer.full());
}

TEST(WriteBuffer, WritesFirstWhatWasPutBack) {
  WriteBuffer buffer("f", {.jobs_per_write = 1});
  for (const char* id : {"a", "b"}) buffer.add(job(id), kNow);
  NumberedWrite first = buffer.take();
  first.sent_before = true;

  buffer.put_back(first);

  const NumberedWrite again = buffer.take();
  EXPECT_TRUE(again.sent_before);
  EXPECT_EQ(again.number, 1);
  EXPECT_THAT(again.ids, ElementsAre("a"));
  EXPECT_EQ(buffer.take().number, 2);
}

TEST(WriteBuffer, ForgetsAll) {
  WriteBuffer buffer("f", {.jobs_per_write = 2});
  for (const char* id : {"a", "b", "c"}) buffer.add(job(id), kNow);

  EXPECT_THAT(buffer.clear(), ElementsAre("a", "b", "c"));

  EXPECT_EQ(buffer.jobs(), 0U);
  EXPECT_EQ(buffer.due(), std::nullopt);
  buffer.add(job("d"), kNow);
  EXPECT_EQ(buffer.take().number, 3) << "no number is used again";
}

TEST(WriteBuffer, WritesHashesTogetherAndTheirIdsOnce) {
  WriteBuffer buffer("f", {});
  for (const char* id : {"a", "b"}) buffer.add(job(id), kNow);

  const NumberedWrite write = buffer.take();

  EXPECT_EQ(to_text(write.batch), R"(
HSET rq:job:a data D origin q
HSET rq:job:b data D origin q
push_once(rq:queue:q rqpp:feeder:f rq:job:b | 1 86400 a b)
)");
  ASSERT_THAT(write.batch.transactions(), SizeIs(1));
  EXPECT_EQ(write.batch.transactions()[0].end, 2U);
}

}  // namespace
}  // namespace rqpp::client
