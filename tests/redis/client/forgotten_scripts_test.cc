// Redis has forgotten the scripts (SCRIPT FLUSH; since 7.4 it also drops those that are used
// seldom), and another client has brought back one of them. A script that is sent again comes
// behind what was sent meanwhile: nothing that builds on it may have been executed by then.

#include <gmock/gmock.h>

#include "protocol/once.h"
#include "redis/client/client_test.h"

#include <rqpp/buffered_producer.h>

namespace rqpp {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class ForgottenScripts : public ClientTest {
 protected:
  ForgottenScripts() {
    queue.enqueue(kSlowFib(1), {.job_id = "j"});  // brings the script of named jobs
  }
  std::vector<std::string> members(const std::string& key) {
    std::vector<std::string> all;
    for (const redis::Reply& each : ask("ZRANGE", key, 0, -1).elements) all.push_back(each.text);
    return all;
  }
  Queue other{"q", options()};
};

TEST_F(ForgottenScripts, LoseNoNamedJobThatWaitsForASlot) {
  const EnqueueOptions limited{.job_id = "j", .concurrency_limit = {.key = "k", .jobs = 1}};
  queue.enqueue(kSlowFib(1), limited);
  ask("SCRIPT", "FLUSH");
  other.enqueue(kSlowFib(1), {.concurrency_limit = limited.concurrency_limit});

  queue.enqueue(kSlowFib(2), limited);

  EXPECT_THAT(members("rq:rl:k:rate_limited"), ElementsAre("j"));
  EXPECT_EQ(ask("HGET", "rq:job:j", "status").text, "rate_limited");
}

TEST_F(ForgottenScripts, LoseNoNamedJobThatWaitsForOthers) {
  const auto parent = other.enqueue(kSlowFib(1));
  queue.enqueue(kSlowFib(2), {.job_id = "j", .depends_on = parent});
  ask("SCRIPT", "FLUSH");
  other.enqueue(kSlowFib(1), {.depends_on = parent});

  queue.enqueue(kSlowFib(2), {.job_id = "j", .depends_on = parent});

  EXPECT_EQ(ask("SISMEMBER", "rq:job:" + parent.id() + ":dependents", "j").number, 1);
  EXPECT_THAT(members("rq:deferred:q"), Contains("j"));
  EXPECT_EQ(ask("HGET", "rq:job:j", "status").text, "deferred");
}

TEST_F(ForgottenScripts, LoseNoJobThatWaitsForManyThatHaveEnded) {
  std::vector<std::string> parents;
  for (int i = 0; i < 101; ++i) parents.push_back("p" + std::to_string(i));
  for (const std::string& id : parents) {
    ask("HSET", "rq:job:" + id, "status", "finished", "created_at", "2026-01-01T00:00:00Z");
  }
  const EnqueueOptions waits{.job_id = {}, .depends_on = parents};
  queue.enqueue(kSlowFib(1), waits);
  ask("SCRIPT", "FLUSH");
  connection.run(protocol::look_again({}, Time{}));

  const auto job = queue.enqueue(kSlowFib(2), waits);

  EXPECT_EQ(ask("HGET", "rq:job:" + job.id(), "status").text, "queued");
}

TEST_F(ForgottenScripts, LoseNoNamedJobOfAGroup) {
  queue.enqueue(kSlowFib(1), {.job_id = "j", .group = "g"});
  ask("SCRIPT", "FLUSH");

  queue.enqueue(kSlowFib(2), {.job_id = "j", .group = "g"});

  EXPECT_EQ(ask("SISMEMBER", "rq:group:g", "j").number, 1);
  EXPECT_EQ(ask("LPOS", "rq:queue:q", "j").number, 0);
  EXPECT_EQ(queue.size(), 1);
}

TEST_F(ForgottenScripts, LoseNoNamedJobOfABufferedProducer) {
  BufferedProducer producer(queue);
  producer.enqueue(kSlowFib(1), {.job_id = "second"});
  producer.flush();
  ask("SCRIPT", "FLUSH");
  BufferedProducer another(other);
  another.enqueue(kSlowFib(1));
  another.flush();

  for (int i = 0; i < 45; ++i) producer.enqueue(kSlowFib(2), {.job_id = "n" + std::to_string(i)});
  producer.flush();

  EXPECT_EQ(queue.size(), 3 + 45);
  EXPECT_EQ(ask("EXISTS", "rq:job:n0", "rq:job:n19", "rq:job:n20", "rq:job:n44").number, 4);
}

TEST_F(ForgottenScripts, LoseNoChildOfAJob) {
  const auto record = [](const std::string& id) {
    protocol::JobRecord job{.id = id, .origin = "children", .data = "D"};
    job.created_at = Time{std::chrono::seconds(1)};
    return job;
  };
  protocol::JobRecord limited = record("limited");
  limited.limit_key = "k";
  limited.limit_jobs = 9;
  protocol::NumberedWrites writes{.sender = "s"};
  connection.run(protocol::enqueue_once(record("warm"), protocol::Position::back, writes));
  ask("SCRIPT", "FLUSH");
  other.enqueue(kSlowFib(1), {.concurrency_limit = {.key = "k", .jobs = 9}});

  redis::Batch both = protocol::enqueue_once(record("plain"), protocol::Position::back, writes);
  both.append(protocol::enqueue_once(limited, protocol::Position::back, writes));
  connection.run(both);

  std::vector<std::string> ids;
  for (const redis::Reply& each : ask("LRANGE", "rq:queue:children", 0, -1).elements) {
    ids.push_back(each.text);
  }
  EXPECT_THAT(ids, UnorderedElementsAre("warm", "plain", "limited"));
}

TEST_F(ForgottenScripts, SaveNoMetaBehindTheEndOfItsJob) {
  connection.run(protocol::save_meta("j", "old"));
  ask("SCRIPT", "FLUSH");

  redis::Batch batch = protocol::save_meta("j", "new");
  batch.add("HGET", "rq:job:j", "meta");

  EXPECT_EQ(connection.run(batch).at(1).text, "new");
}

}  // namespace
}  // namespace rqpp
