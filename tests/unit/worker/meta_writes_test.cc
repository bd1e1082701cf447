#include "worker/meta_writes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::worker {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

MetaWrites::Write write(const std::string& job, const std::string& meta, std::size_t bytes = 1) {
  return {.saved = {.job_id = job, .meta = meta}, .receipt = {.horse = 1, .bytes = bytes}};
}

std::string text(const std::optional<MetaWrites::Write>& write) {
  return write ? write->saved.job_id + " " + write->saved.meta : "nothing";
}

TEST(MetaWrites, WritesTheFirstAtOnceAndThenTheNewest) {
  MetaWrites metas;

  EXPECT_EQ(text(metas.save(write("j", "a"))), "j a");
  EXPECT_EQ(text(metas.save(write("j", "b", 2))), "nothing");
  EXPECT_EQ(text(metas.save(write("j", "c", 3))), "nothing");
  EXPECT_EQ(text(metas.save(write("k", "x"))), "k x");

  EXPECT_THAT(metas.take_replaced(), ElementsAre(Receipt{.horse = 1, .bytes = 2}));
  EXPECT_EQ(text(metas.written("j")), "j c");
  EXPECT_EQ(text(metas.written("j")), "nothing");
  EXPECT_EQ(text(metas.save(write("j", "d"))), "j d");
  EXPECT_THAT(metas.take_replaced(), IsEmpty());
}

TEST(MetaWrites, WritesWhatWaitsBeforeTheEndOfItsRun) {
  MetaWrites metas;
  metas.save(write("j", "a"));
  EXPECT_EQ(text(metas.end("j")), "nothing");
  metas.save(write("j", "b"));

  EXPECT_EQ(text(metas.end("j")), "j b");
  EXPECT_EQ(text(metas.end("j")), "nothing");

  // The job runs again while both are under way.
  EXPECT_EQ(text(metas.save(write("j", "c"))), "nothing");
  EXPECT_EQ(text(metas.written("j")), "nothing");
  EXPECT_EQ(text(metas.written("j")), "j c");
  EXPECT_EQ(text(metas.written("j")), "nothing");
}

TEST(MetaWrites, KnowNothingOfOtherJobs) {
  MetaWrites metas;

  EXPECT_EQ(text(metas.written("j")), "nothing");
  EXPECT_EQ(text(metas.end("j")), "nothing");
}

}  // namespace
}  // namespace rqpp::worker
