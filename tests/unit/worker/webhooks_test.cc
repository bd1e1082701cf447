#include "worker/webhooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/webhooks.h"
#include "support/supervised.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Webhook kOfSuccess{.url = "http://h/done"};
const Webhook kOfFailure{
    .url = "http://h/alarm", .job_status = Status::failed, .method = Webhook::Method::post};

Settle end_with(Status status, Outcome outcome = {}) {
  Settle end{.status = status, .outcome = std::move(outcome), .times = {.ended = Time{7s}}};
  end.run.job_id = "j";
  end.job.enqueued_at = Time{5s};
  end.job.data = "D";
  end.job.webhooks = protocol::new_webhooks(std::vector{kOfSuccess, kOfFailure});
  return end;
}

TEST(WebhooksFor, AreThoseOfTheEnd) {
  const auto success = webhooks_for(end_with(Status::finished));
  const auto failure = webhooks_for(end_with(Status::failed, failed_with("why")));

  EXPECT_EQ(success, (SendWebhooks{.webhooks = {kOfSuccess},
                                   .job_id = "j",
                                   .enqueued_at = Time{5s},
                                   .ended_at = Time{7s}}));  // no body, so nothing for one
  EXPECT_EQ(failure, (SendWebhooks{.webhooks = {kOfFailure},
                                   .job_id = "j",
                                   .status = Status::failed,
                                   .enqueued_at = Time{5s},
                                   .ended_at = Time{7s},
                                   .data = "D",
                                   .exc_info = "why"}));
}

TEST(WebhooksFor, AreNoneOfAStop) {
  EXPECT_EQ(webhooks_for(end_with(Status::stopped, failed_with("why"))), std::nullopt);
}

TEST(WebhooksFor, AreNoneWhereAllAreForTheOtherEnd) {
  Settle end = end_with(Status::finished);
  end.job.webhooks = protocol::new_webhooks(std::vector{kOfFailure});

  EXPECT_EQ(webhooks_for(end), std::nullopt);
}

TEST(WebhooksFor, AreThoseOfEachSuccessOfAJobThatRepeats) {
  Settle end = end_with(Status::finished);
  end.again = protocol::PutBack{};

  EXPECT_THAT(webhooks_for(end).value().webhooks, ElementsAre(kOfSuccess));
}

TEST(WebhooksFor, AreNoneOfAJobThatAsksForAnotherRunAndGetsIt) {
  Settle end = end_with(Status::failed, {.kind = Outcome::Kind::run_again, .exc_info = "E"});
  end.again = protocol::PutBack{};
  EXPECT_EQ(webhooks_for(end), std::nullopt);

  end.again.reset();  // too often
  EXPECT_THAT(webhooks_for(end).value().exc_info, IsEmpty());
}

TEST(WebhooksFor, RefusesAFieldThatNobodyCanRead) {
  Settle end = end_with(Status::finished);
  end.job.webhooks = "[7]";

  EXPECT_THROW(webhooks_for(end), DecodeError);
}

class WebhookTest : public test::Supervised {
 protected:
  void SetUp() override {
    job_.webhooks = protocol::new_webhooks(std::vector{kOfFailure});
    supervisor_.emplace(Supervisor::Options{.queues = {"q"}});
    on(Begin{});
    on(HorseReady{1});
  }

  protocol::JobRecord job_{.id = "j", .origin = "q"};
  protocol::Execution run_{.id = "e", .job_id = "j", .queue = "q", .worker = "w"};
};

TEST_F(WebhookTest, OfAFailureGoWithTheEnd) {
  on(Claimed{.asked = 1, .jobs = {{.run = run_, .job = job_}}});

  on(JobEnded{1, failed_with("why"), ""});

  EXPECT_TRUE(webhooks_for(only<Settle>()));
}

TEST_F(WebhookTest, OfAJobThatLostItsWorkerAreSent) {
  EXPECT_THAT(on(Inherited{.lost_worker = "dead", .jobs = {{.run = run_, .job = job_}}}),
              ElementsAre("Settle j failed"));
  const auto webhooks = webhooks_for(only<Settle>());
  ASSERT_TRUE(webhooks);
  EXPECT_EQ(webhooks->webhooks, std::vector{kOfFailure});
}

}  // namespace
}  // namespace rqpp::worker
