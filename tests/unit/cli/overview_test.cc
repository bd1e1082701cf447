#include "cli/overview.h"

#include <gtest/gtest.h>

namespace rqpp::cli {
namespace {

Overview two_queues() {
  return {.queues = {{"default", {.queued = 5, .started = 1, .finished = 7, .failed = 2}},
                     {"mail", {.queued = 40}}},
          .workers = {{.name = "w1",
                       .queues = {"default", "mail"},
                       .state = "busy",
                       .hostname = "box",
                       .ip_address = "10.0.0.1",
                       .pid = 42,
                       .successful_job_count = 3,
                       .failed_job_count = 1}}};
}

TEST(OverviewText, LooksAsRqInfo) {
  EXPECT_EQ(to_text(two_queues(), {}),
            "default      |██ 5, 1 executing, 7 finished, 2 failed\n"
            "mail         |████████████████ 40, 0 executing, 0 finished, 0 failed\n"
            "2 queues, 45 jobs total\n"
            "\n"
            "w1 (box 10.0.0.1 42): busy default, mail. jobs: 3 finished, 1 failed\n"
            "1 workers, 2 queues\n");
}

TEST(OverviewText, IsPlainWhenRaw) {
  EXPECT_EQ(to_text(two_queues(), {.raw = true, .colors = true}),
            "queue default 5, 1 executing, 7 finished, 2 failed\n"
            "queue mail 40, 0 executing, 0 finished, 0 failed\n"
            "worker w1 (box 10.0.0.1 42) busy default, mail. jobs: 3 finished, 1 failed\n");
}

TEST(OverviewText, NamesTheWorkersOfEachQueue) {
  Overview overview = two_queues();
  overview.queues.push_back({"idle", {}});

  EXPECT_EQ(to_text(overview, {.parts = Parts::workers, .by_queue = true}),
            "default: w1 (busy)\n"
            "mail:    w1 (busy)\n"
            "idle:    –\n"
            "1 workers, 3 queues\n");
}

TEST(OverviewText, ColorsBarsAndStates) {
  const std::string text = to_text(two_queues(), {.colors = true});

  EXPECT_NE(text.find("\x1b[32m|██\x1b[0m 5"), std::string::npos);
  EXPECT_NE(text.find("\x1b[31mbusy\x1b[0m"), std::string::npos);
}

TEST(OverviewText, NeverObeysNamesFromRedis) {
  Overview overview;
  overview.queues.push_back({"a\x1b[2J\n", {}});
  overview.workers.push_back({.name = "w\x1b]0;x\x07", .state = "\x1b[31m"});

  EXPECT_EQ(to_text(overview, {}).find('\x1b'), std::string::npos);
}

TEST(OverviewText, ShowsNothingInNarrowTerminals) {
  EXPECT_EQ(to_text(two_queues(), {.parts = Parts::queues, .columns = 10}),
            "default      | 5, 1 executing, 7 finished, 2 failed\n"
            "mail         | 40, 0 executing, 0 finished, 0 failed\n"
            "2 queues, 45 jobs total\n");
}

TEST(OverviewJson, HasAllCountsAndPartsAskedFor) {
  const Json json = to_json(two_queues(), Parts::all);

  EXPECT_EQ(json["queues"][0]["failed"], 2);
  EXPECT_EQ(json["queues"][1]["deferred"], 0);
  EXPECT_EQ(json["workers"][0]["pid"], 42);
  EXPECT_TRUE(json["workers"][0]["current_job"].is_null());
  EXPECT_FALSE(to_json(two_queues(), Parts::queues).contains("workers"));
  EXPECT_FALSE(to_json(two_queues(), Parts::workers).contains("queues"));
}

TEST(ToLine, ReplacesBytesThatAreNotUtf8) {
  EXPECT_EQ(to_line({{"a", "x\xff\ny"}}), "{\"a\":\"x\xef\xbf\xbd\\ny\"}");
}

TEST(ToJson, TurnsWhatJsonCannotHoldIntoPythonText) {
  EXPECT_EQ(to_line(to_json(Value::list({1, "a", nullptr}))), "[1,\"a\",null]");
  EXPECT_EQ(to_line(to_json(Value(Bytes{"a"}))), "\"b'a'\"");
  EXPECT_EQ(to_line(to_json(Value(0.0 / 0.0))), "\"nan\"");
}

}  // namespace
}  // namespace rqpp::cli
