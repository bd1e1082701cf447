#include "client/feed_buffer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

namespace rqpp::client {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::SizeIs;

using Moment = FeedBuffer::Moment;

const Moment kNow{1'000s};

protocol::JobRecord job(const std::string& id) { return {.id = id, .origin = "q", .data = "D"}; }

TEST(FeedBuffer, IsDueADelayAfterTheFirstJob) {
  FeedBuffer buffer("f", {.delay = 10ms});
  EXPECT_EQ(buffer.due(), std::nullopt);

  EXPECT_TRUE(buffer.add(job("a"), kNow));
  EXPECT_FALSE(buffer.add(job("b"), kNow + 5ms));

  EXPECT_EQ(buffer.due(), kNow + 10ms);
  EXPECT_THAT(buffer.take().ids, ElementsAre("a", "b"));
  EXPECT_EQ(buffer.due(), std::nullopt);
}

TEST(FeedBuffer, IsDueAtOnceWhenAWriteIsComplete) {
  FeedBuffer buffer("f", {.jobs_per_write = 2});
  buffer.add(job("a"), kNow);

  EXPECT_TRUE(buffer.add(job("b"), kNow));
  EXPECT_TRUE(buffer.add(job("c"), kNow)) << "the first one of another write";

  EXPECT_EQ(buffer.due(), Moment::min());
  EXPECT_THAT(buffer.take().ids, ElementsAre("a", "b"));
  EXPECT_EQ(buffer.due(), kNow + 10ms);
}

TEST(FeedBuffer, CompletesAWriteOfManyBytes) {
  FeedBuffer buffer("f", {.bytes_per_write = 1'000});
  protocol::JobRecord large = job("a");
  large.data.assign(1'000, 'x');

  EXPECT_TRUE(buffer.add(large, kNow));

  EXPECT_EQ(buffer.due(), Moment::min());
}

TEST(FeedBuffer, IsDueAtOnceWhenItIsClosed) {
  FeedBuffer buffer("f", {});
  EXPECT_EQ(buffer.close(), 0) << "there is nothing";
  buffer.add(job("a"), kNow);

  EXPECT_EQ(buffer.close(), 1);
  EXPECT_EQ(buffer.close(), 1);

  EXPECT_EQ(buffer.due(), Moment::min());
}

TEST(FeedBuffer, IsFullUntilWhatItHoldsIsDone) {
  FeedBuffer buffer("f", {.jobs_per_write = 2, .most_jobs = 3});
  for (const char* id : {"a", "b"}) buffer.add(job(id), kNow);
  EXPECT_FALSE(buffer.full());
  buffer.add(job("c"), kNow);
  EXPECT_TRUE(buffer.full());

  const FeedWrite write = buffer.take();
  EXPECT_TRUE(buffer.full()) << "it is on its way";
  buffer.done(write);

  EXPECT_FALSE(buffer.full());
  EXPECT_EQ(buffer.jobs(), 1U);
}

TEST(FeedBuffer, IsFullOfBytes) {
  FeedBuffer buffer("f", {.most_bytes = 10});

  buffer.add(job("a"), kNow);

  EXPECT_TRUE(buffer.full());
}

TEST(FeedBuffer, WritesFirstWhatWasPutBack) {
  FeedBuffer buffer("f", {.jobs_per_write = 1});
  for (const char* id : {"a", "b"}) buffer.add(job(id), kNow);
  FeedWrite first = buffer.take();
  first.sent_before = true;

  buffer.put_back(first);

  const FeedWrite again = buffer.take();
  EXPECT_TRUE(again.sent_before);
  EXPECT_EQ(again.number, 1);
  EXPECT_THAT(again.ids, ElementsAre("a"));
  EXPECT_EQ(buffer.take().number, 2);
}

TEST(FeedBuffer, ForgetsAll) {
  FeedBuffer buffer("f", {.jobs_per_write = 2});
  for (const char* id : {"a", "b", "c"}) buffer.add(job(id), kNow);

  EXPECT_THAT(buffer.clear(), ElementsAre("a", "b", "c"));

  EXPECT_EQ(buffer.jobs(), 0U);
  EXPECT_EQ(buffer.due(), std::nullopt);
  buffer.add(job("d"), kNow);
  EXPECT_EQ(buffer.take().number, 3) << "no number is used again";
}

TEST(FeedBuffer, WritesHashesTogetherAndTheirIdsOnce) {
  FeedBuffer buffer("f", {});
  for (const char* id : {"a", "b"}) buffer.add(job(id), kNow);

  const FeedWrite write = buffer.take();

  EXPECT_EQ(to_text(write.batch), R"(
HSET rq:job:a data D origin q
HSET rq:job:b data D origin q
feed(rq:queue:q rqpp:feeder:f rq:job:b | 1 86400 a b)
)");
  ASSERT_THAT(write.batch.transactions(), SizeIs(1));
  EXPECT_EQ(write.batch.transactions()[0].end, 2U);
}

}  // namespace
}  // namespace rqpp::client
