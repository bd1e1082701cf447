#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/printable.h"
#include "redis/subscriber.h"
#include "support/program.h"
#include "support/redis_state.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class CliJobControl : public RedisTest {
 protected:
  Ended job(std::vector<std::string> words) {
    words.insert(words.begin(), "job");
    return rqpp(std::move(words), {.environment = {{"RQ_REDIS_URL", server().url()}}});
  }
  void enqueue(const std::string& id) { queue.enqueue({.function = "m.f"}, {.job_id = id}); }
  void fail(const std::string& id) {
    ask("HSET", "rq:job:" + id, "data", "D", "origin", "default", "status", "failed");
    ask("ZADD", "rq:failed:default", "4102444800", id);
  }
  void start(const std::string& id, const std::string& worker) {
    ask("HSET", "rq:job:" + id, "data", "D", "origin", "default", "status", "started",
        "worker_name", worker);
  }
  std::string status(const std::string& id) { return ask("HGET", "rq:job:" + id, "status").text; }

  Queue queue{"default", {.url = server().url()}};
};

TEST_F(CliJobControl, CancelsJobs) {
  enqueue("j1");
  enqueue("j2");

  const Ended ended = job({"cancel", "j1", "j2"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "canceled job 'j1'\ncanceled job 'j2'\n");
  EXPECT_EQ(status("j1"), "canceled");
  EXPECT_EQ(queue.size(), 0);
  EXPECT_EQ(job({"cancel", "j1"}).out, "job 'j1' was canceled before\n");
}

TEST_F(CliJobControl, RequeuesFailedJobs) {
  fail("j1");
  enqueue("j2");

  const Ended ended = job({"requeue", "j1", "j2"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_EQ(ended.out, "requeued job 'j1'\n");
  EXPECT_EQ(ended.err, "rqpp: job 'j2' is not among the failed jobs of its queue\n");
  EXPECT_EQ(status("j1"), "queued");
}

TEST_F(CliJobControl, DeletesJobs) {
  enqueue("j1");

  EXPECT_EQ(job({"delete", "j1"}).out, "deleted job 'j1'\n");

  EXPECT_EQ(ask("EXISTS", "rq:job:j1").number, 0);
}

TEST_F(CliJobControl, SendsAHundredJobsPerRoundTrip) {
  std::vector<std::string> words{"delete"};
  for (int i = 0; i < 250; ++i) {
    enqueue("j" + std::to_string(i));
    words.push_back("j" + std::to_string(i));
  }

  const std::int64_t before = reads_of_redis(connection);

  EXPECT_EQ(job(words).exit_code, 0);

  EXPECT_EQ(queue.size(), 0);
  EXPECT_LE(reads_of_redis(connection) - before, 20);  // Redis reads 16 KiB at a time
}

TEST_F(CliJobControl, ReturnsFourForAJobThatNobodyKnows) {
  enqueue("known");
  for (const char* command : {"cancel", "requeue", "delete", "stop"}) {
    const Ended ended = job({command, "nobody"});

    EXPECT_EQ(ended.exit_code, 4) << command;
    EXPECT_THAT(ended.err, HasSubstr("rqpp: there is no job 'nobody': ")) << command;
    EXPECT_THAT(ended.out, IsEmpty()) << command;
  }
  const Ended some = job({"cancel", "nobody", "known"});
  EXPECT_EQ(some.exit_code, 4);
  EXPECT_EQ(some.out, "canceled job 'known'\n");
  EXPECT_EQ(job({"requeue", "known", "nobody"}).exit_code, 1);
}

TEST_F(CliJobControl, RefusesIdsThatCannotBeBeforeItBegins) {
  enqueue("j1");

  EXPECT_EQ(job({"delete", "j1", ""}).exit_code, 2);

  EXPECT_EQ(status("j1"), "queued");
}

/// RQ before 2.8 takes any text for an id.
TEST_F(CliJobControl, TakesAnyIdThatIsInRedis) {
  for (const std::string id : {"user.42", "user:42", "user 42", "\xC3\xA4/{x}", "a\nb\x1b[2J"}) {
    const std::string shown = base::printable(id);
    fail(id);
    EXPECT_EQ(job({"requeue", id}).out, "requeued job '" + shown + "'\n");
    EXPECT_EQ(queue.ids(), std::vector<std::string>{id});
    EXPECT_THAT(job({"show", id}).out, HasSubstr("id           " + shown + "\n"));
    EXPECT_THAT(job({"result", id}).err, HasSubstr("job '" + shown + "' has not ended"));

    const Ended child = rqpp({"enqueue", "--depends-on", id, "m.f", "--job-id", "child"},
                             {.environment = {{"RQ_REDIS_URL", server().url()}}});
    EXPECT_EQ(child.exit_code, 0) << child.err;
    EXPECT_EQ(queue.job("child").info().dependency_ids, std::vector<std::string>{id});

    EXPECT_EQ(job({"cancel", id}).out, "canceled job '" + shown + "'\n");
    EXPECT_EQ(job({"delete", id, "--dependents"}).out, "deleted job '" + shown + "'\n");
    EXPECT_EQ(ask("EXISTS", "rq:job:" + id, "rq:job:child").number, 0);

    start(id, "w1");
    EXPECT_THAT(job({"stop", id}).err, HasSubstr("cannot stop job '" + shown + "': worker 'w1'"));
    EXPECT_EQ(job({"delete", id}).exit_code, 0);
  }
}

TEST_F(CliJobControl, TellsTheWorkerToStopAJob) {
  start("j1", "w1");
  redis::Subscriber worker(server().settings());
  worker.subscribe("rq:pubsub:w1");
  worker.listen();

  const Ended ended = job({"stop", "j1"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "told worker 'w1' to stop job 'j1'\n");
  EXPECT_EQ(worker.wait(5s),
            (redis::Message{"rq:pubsub:w1", R"({"command": "stop-job", "job_id": "j1"})"}));
}

TEST_F(CliJobControl, SaysWhyItCannotStopAJob) {
  enqueue("waits");
  start("deserted", "w1");
  start("nobodys", "");

  EXPECT_EQ(job({"stop", "waits"}).err, "rqpp: job 'waits' does not run: it is queued\n");
  EXPECT_EQ(job({"stop", "deserted"}).err,
            "rqpp: cannot stop job 'deserted': worker 'w1', which runs it, does not listen. It has "
            "died, or takes no commands.\n");
  EXPECT_EQ(job({"stop", "nobodys"}).err,
            "rqpp: job 'nobodys' runs, but Redis does not know on which worker\n");
  EXPECT_EQ(job({"stop", "waits"}).exit_code, 1);
}

}  // namespace
}  // namespace rqpp::test
