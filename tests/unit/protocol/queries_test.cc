#include "protocol/queries.h"

#include "protocol/registry.h"
#include "support/replies.h"

#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/compress.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

using redis::Reply;
using redis::to_text;
using test::array;
using test::number;
using test::text;
using ::testing::ElementsAre;
using namespace std::chrono_literals;

Reply success(std::string id) {
  return array({text(std::move(id)), array({text("type"), text("1")})});
}

TEST(FetchJobs, AsksForTheFieldsThatAreRead) {
  const std::vector<std::string> ids{"j1", "j2"};

  EXPECT_EQ(to_text(fetch_jobs(ids)), R"(
HMGET rq:job:j1 data status origin description meta timeout result_ttl failure_ttl ttl created_at enqueued_at started_at ended_at last_heartbeat worker_name exc_info retries_left retry_intervals enqueue_at_front_on_retry rqpp_losses dependency_ids allow_dependency_failures rqpp_allow_stops enqueue_at_front group_id rqpp_results number_of_retries repeats_left repeat_intervals rqpp_callbacks success_callback_name success_callback_timeout failure_callback_name failure_callback_timeout stopped_callback_name stopped_callback_timeout rqpp_rate_limit rate_limit_key rate_limit_concurrency webhooks rqpp_arguments
HMGET rq:job:j2 data status origin description meta timeout result_ttl failure_ttl ttl created_at enqueued_at started_at ended_at last_heartbeat worker_name exc_info retries_left retry_intervals enqueue_at_front_on_retry rqpp_losses dependency_ids allow_dependency_failures rqpp_allow_stops enqueue_at_front group_id rqpp_results number_of_retries repeats_left repeat_intervals rqpp_callbacks success_callback_name success_callback_timeout failure_callback_name failure_callback_timeout stopped_callback_name stopped_callback_timeout rqpp_rate_limit rate_limit_key rate_limit_concurrency webhooks rqpp_arguments
)");
}

TEST(JobQueries, AreSmall) {
  EXPECT_EQ(to_text(job_exists("j1")), "\nHEXISTS rq:job:j1 data\n");
  EXPECT_EQ(to_text(job_status("j1")), "\nHGET rq:job:j1 status\n");
  EXPECT_EQ(to_text(job_meta("j1")), "\nHGET rq:job:j1 meta\nHEXISTS rq:job:j1 data\n");
  EXPECT_EQ(to_text(queue_size("q")), "\nLLEN rq:queue:q\n");
}

TEST(QueuePage, NeverAsksForEverything) {
  EXPECT_EQ(to_text(queue_page("q", 100, 50)), "\nLRANGE rq:queue:q 100 149\n");
  EXPECT_THROW(queue_page("q", 0, 0), InvalidArgument);
  EXPECT_THROW(queue_page("q", 0, -1), InvalidArgument);
  EXPECT_THROW(queue_page("q", -1, 1), InvalidArgument);
  EXPECT_THROW(queue_page("q", 2, std::numeric_limits<std::int64_t>::max() - 1), InvalidArgument);
}

TEST(Registries, AreAskedForByPages) {
  const Time now{1'000s};
  const std::vector<std::string> ids{"j1", "j2"};

  EXPECT_EQ(to_text(registry_page(RegistryKind::failed, "q", 3, 100)),
            "\nZRANGE rq:failed:q 3 102\n");
  EXPECT_EQ(to_text(registry_counts(RegistryKind::failed, "q", now)), R"(
ZCARD rq:failed:q
ZCOUNT rq:failed:q -inf (0
ZCOUNT rq:failed:q 0 1000
)");
  EXPECT_EQ(to_text(failed_among("q", ids)), "\nZMSCORE rq:failed:q j1 j2\n");
  EXPECT_THROW(registry_page(RegistryKind::failed, "q", 0, 0), InvalidArgument);
  EXPECT_THROW(registry_page(RegistryKind::failed, "q", -1, 1), InvalidArgument);
}

TEST(JobPlaces, SayWhereAJobStandsAndWithWhomSinceWhen) {
  const std::string id = "j1";
  const Reply nil;
  const Reply time = text("1970-01-01T00:16:40.000000Z");

  EXPECT_EQ(to_text(job_places(std::span(&id, 1))),
            "\nHMGET rq:job:j1 status worker_name started_at created_at\n");
  EXPECT_EQ(read_job_place(array({nil, nil, nil, nil})), std::nullopt);
  EXPECT_EQ(read_job_place(array({nil, nil, nil, text("2026-01-01")})), JobPlace{});
  EXPECT_EQ(read_job_place(array({text("started"), text("w"), time, nil})),
            (JobPlace{.status = Status::started, .worker = "w", .started = Time{1'000s}}));
  EXPECT_THROW(read_job_place(array({text("dancing"), nil, nil, nil})), DecodeError);
  EXPECT_THROW(read_job_place(array({text("started"), nil, text("soon"), nil})), DecodeError);
  EXPECT_THROW(read_job_place(nil), DecodeError);
}

TEST(WorkerRests, SayWhoStillRunsWhat) {
  const std::vector<std::string> names{"w"};
  const Reply nil;
  const auto read = [](Reply fields, Reply members) {
    return read_worker_rest(std::vector<Reply>{std::move(fields), std::move(members)});
  };

  EXPECT_EQ(to_text(worker_rests(names)),
            "\nHMGET rq:worker:w birth death current_job\n"
            "SRANDMEMBER rq:worker:w:executions 10\n");
  EXPECT_EQ(read(array({text("B"), nil, nil}), array({text("j1:e1"), text("j2:e2")})),
            (WorkerRest{.alive = true, .birth = "B", .job_ids = {"j1", "j2"}}));
  EXPECT_EQ(read(array({text("B"), nil, text("j1")}), array({})),
            (WorkerRest{.alive = true, .birth = "B", .job_ids = {"j1"}}));
  EXPECT_EQ(read(array({text("B"), text("D"), nil}), array({})), (WorkerRest{.birth = "B"}));
  EXPECT_EQ(read(array({nil, nil, nil}), array({})), WorkerRest{});
  EXPECT_THROW(read(nil, array({})), DecodeError);
}

TEST(NewestOutcomes, AreReadAtOneMoment) {
  const std::string id = "j1";

  const redis::Batch batch = newest_outcomes(std::span(&id, 1));

  EXPECT_TRUE(batch.is_atomic());
  EXPECT_EQ(to_text(batch), "\nHGET rq:job:j1 status\nXREVRANGE rq:results:j1 + - COUNT 1\n");
}

TEST(NewestOutcomes, HoldStatusAndResult) {
  const NewestOutcome both = read_newest_outcome(text("finished"), array({success("1-0")}));
  const NewestOutcome neither = read_newest_outcome({}, array({}));

  EXPECT_EQ(both.status, Status::finished);
  EXPECT_EQ(both.result->id, "1-0");
  EXPECT_EQ(neither.status, std::nullopt);
  EXPECT_EQ(neither.result, std::nullopt);
  EXPECT_THROW(read_newest_outcome(text("resting"), array({})), DecodeError);
}

TEST(AwaitResult, BlocksBehindAnEntry) {
  EXPECT_EQ(to_text(await_result("j1", "5-0", 1500ms)),
            "\nXREAD COUNT 1 BLOCK 1500 STREAMS rq:results:j1 5-0\n");
}

TEST(AwaitResult, GivesTheEntryOrNothing) {
  const Reply came = array({array({text("rq:results:j1"), array({success("1-0")})})});

  EXPECT_EQ(read_awaited_result(came)->id, "1-0");
  EXPECT_EQ(read_awaited_result({}), std::nullopt);
  EXPECT_THROW(read_awaited_result(array({})), DecodeError);
  EXPECT_THROW(read_awaited_result(array({array({text("k"), array({})})})), DecodeError);
}

TEST(QueuesPage, GivesNamesAndPassesOverWhatIsNoQueue) {
  const Page page = read_queues_page(
      array({text("17"), array({text("rq:queue:mail"), text("bare"), text("rq:queue:")})}));

  EXPECT_EQ(page.cursor, "17");
  EXPECT_THAT(page.names, ElementsAre("mail"));
  EXPECT_THROW(read_queues_page(array({})), DecodeError);
}

TEST(QueueCounts, AreSevenNumbers) {
  const std::vector<Reply> replies{number(1), number(2), number(3), number(4),
                                   number(5), number(6), number(7)};

  EXPECT_EQ(read_queue_counts(replies), (QueueCounts{.queued = 1,
                                                     .started = 2,
                                                     .finished = 3,
                                                     .failed = 4,
                                                     .deferred = 5,
                                                     .scheduled = 6,
                                                     .canceled = 7}));
  EXPECT_THROW(read_queue_counts(std::span(replies).first(6)), DecodeError);
}

TEST(ReadClaim, RefusesAnswersOfAnotherForm) {
  EXPECT_THROW(read_claim({}, "w"), DecodeError);
  EXPECT_THROW(read_claim(array({array({}), array({})}), "w"), DecodeError);
  EXPECT_THROW(read_claim(array({array({array({text("j1")})}), array({}), number(0)}), "w"),
               DecodeError);
  EXPECT_THROW(read_claim(array({array({}), array({array({text("j1")})}), number(0)}), "w"),
               DecodeError);
}

TEST(ReadSettled, RefusesAnswersOfAnotherForm) {
  EXPECT_TRUE(read_settled(array({number(1)})).held);
  EXPECT_FALSE(read_settled(array({number(1)})).dependents);
  const Settled settled = read_settled(array({number(1), text("7"), array({text("c")})}));
  ASSERT_TRUE(settled.dependents);
  EXPECT_EQ(settled.dependents->cursor, "7");
  EXPECT_THAT(settled.dependents->names, ElementsAre("c"));
  EXPECT_THROW(read_settled(number(1)), DecodeError);
}

TEST(ReadWorker, TakesMalformedNumbersAsAbsent) {
  std::vector<Reply> values(kWorkerFields.size());
  values[0] = text("high,low");
  values[6] = text("4x2");
  values[7] = text("yesterday");
  values[12] = text("1.5");

  const auto worker = read_worker("w", values);

  ASSERT_TRUE(worker);
  EXPECT_THAT(worker->queues, ElementsAre("high", "low"));
  EXPECT_EQ(worker->pid, 0);
  EXPECT_EQ(worker->birth, std::nullopt);
  EXPECT_EQ(worker->total_working_time_seconds, 1.5);
}

TEST(ReadWorker, IsNothingForAMissingHash) {
  EXPECT_EQ(read_worker("w", std::vector<Reply>(kWorkerFields.size())), std::nullopt);
  EXPECT_EQ(read_worker("w", {}), std::nullopt);
}

TEST(OutcomeInHash, IsWhatAnOldRqLeaves) {
  EXPECT_EQ(to_text(outcome_in_hash("j1")), "\nHMGET rq:job:j1 result exc_info\n");
  const auto read = [](const std::string& result, const std::string& error) {
    redis::Reply reply{.type = redis::Reply::Type::array};
    for (const std::string& text : {result, error}) {
      reply.elements.push_back({.type = redis::Reply::Type::string, .text = text});
    }
    return read_outcome_in_hash(reply);
  };

  EXPECT_EQ(read("", ""), std::nullopt);
  EXPECT_EQ(read("V", ""), ResultRecord{.return_value = "V"});
  EXPECT_EQ(read("", codec::deflate("why")),
            (ResultRecord{.type = ResultRecord::Type::failed, .exc_info = "why"}));
  EXPECT_EQ(read("", "why")->exc_info, "why");
}

}  // namespace
}  // namespace rqpp::protocol
