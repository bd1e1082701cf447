// The rights that docs/operations.md lists are enough for a worker.

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/documented_rights.h"
#include "support/program.h"
#include "support/redis_state.h"
#include "support/temporary_folder.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

class Rights : public RedisTest {
 protected:
  void SetUp() override {
    const std::vector<std::string> command = documented_rights("rqpp-worker");
    ASSERT_THAT(command, Not(IsEmpty()));
    connection.run(redis::Batch{}.add_words(command));
    ask("ACL", "LOG", "RESET");
    ask("SELECT", 1);
    reset_counts(connection);
  }
  void TearDown() override {
    worker_.reset();
    ask("ACL", "DELUSER", "rqpp-worker");
  }

  static std::string url(const std::string& user) {
    return "redis://" + user + "127.0.0.1:" + std::to_string(server().tcp_settings().port) + "/1";
  }
  static std::vector<std::string> words() {
    const std::string modules = in_build("tests/modules").string();
    const std::string where = url("rqpp-worker:secret@");
    return {"worker", "a", "b", "--name", "dobbin", "--path", modules, "--url", where};
  }
  void start() {
    worker_ = std::make_unique<Program>(words());
    worker_->await_error("*** Listening on");
    await([&] { return ask("PUBSUB", "NUMSUB", "rq:pubsub:dobbin").elements.at(1).number == 1; });
  }
  template <class Condition>
  static void await(const Condition& condition) {
    while (!condition()) ::usleep(1'000);
  }
  void await_idle() {
    await(
        [&] { return ask("INFO", "clients").text.find("blocked_clients:2") != std::string::npos; });
  }
  std::string gate(const std::string& name) const { return (folder_ / name).string(); }
  AnyJob enqueue(const std::string& task, Value::Items args = {}, EnqueueOptions options = {}) {
    return queue_.enqueue(Call{.function = task, .args = std::move(args)}, options);
  }

  TemporaryFolder folder_{};
  Queue queue_{"a", {.url = url("")}};
  std::unique_ptr<Program> worker_;
};

TEST_F(Rights, OfTheDocumentSufficeForAllThatAWorkerDoes) {
  // It works, also for a job that saves and enqueues, for one that fails, and for those that take
  // turns; and it cleans up after one that did not give its turn back.
  ask("SADD", "rq:rl-keys", "forgotten");
  ask("ZADD", "rq:rl:forgotten:allowed", 1, "gone");

  // Quick ones among many end together.
  queue_.enqueue_many(std::vector<Call>(300, {.function = "horses.pid"}));
  std::vector<std::string> quick = words();
  quick.insert(quick.end(), {"--burst", "--jobs-per-horse", "300"});
  ASSERT_EQ(rqpp(quick).exit_code, 0);

  start();
  EXPECT_EQ(enqueue("horses.pid", {}, {.ttl = 100s}).wait(30s).kind(), Value(1).kind());
  enqueue("gates.enqueue_and_save", {"a"}).wait(30s);
  const EnqueueOptions one_at_once{.concurrency_limit = {.key = "turns"}};
  enqueue("horses.pid", {}, one_at_once);
  enqueue("horses.pid", {}, one_at_once).wait(30s);
  await_idle();

  // Two arrivals at once, and one horse: one is given back.
  redis::Batch two;
  two.add("HSET", "rq:job:j1", "data", "x", "status", "queued", "origin", "a");
  two.add("HSET", "rq:job:j2", "data", "x", "status", "queued", "origin", "b");
  two.add("RPUSH", "rq:queue:a", "j1").add("RPUSH", "rq:queue:b", "j2");
  connection.run(two.atomic());
  await(
      [&] { return ask("ZCARD", "rq:failed:a").number + ask("ZCARD", "rq:failed:b").number == 2; });
  await_idle();

  // It is suspended, and goes on.
  ask("SET", "rq:suspended", 1);
  await([&] { return ask("HGET", "rq:worker:dobbin", "state").text == "suspended"; });
  ask("DEL", "rq:suspended");
  await_idle();

  // It loses its connections and comes back.
  ask("CLIENT", "KILL", "USER", "rqpp-worker");
  worker_->await_error("Redis is back");
  await_idle();

  // It is lost with a job; the next of its name inherits that.
  const AnyJob lost = enqueue("gates.pass", {gate("never")});
  await([&] { return lost.status() == Status::started; });
  worker_->signal(SIGKILL);
  worker_->wait();
  ask("ZADD", "rqpp:leases", 1, ask("HGET", "rq:worker:dobbin", "rqpp_worker").text);
  start();
  await([&] { return lost.status() == Status::failed; });
  EXPECT_THAT(lost.exc_info(), HasSubstr("worker 'dobbin' was lost"));

  // It is told to stop, and again: the job is put back.
  const AnyJob held = enqueue("gates.pass", {gate("never")});
  await([&] { return held.status() == Status::started; });
  ask("PUBLISH", "rq:pubsub:dobbin", "{\"command\": \"shutdown\"}");
  worker_->await_error("warm shut down requested");
  ::usleep(1'100'000);  // what comes within a second is taken for the same command
  ask("PUBLISH", "rq:pubsub:dobbin", "{\"command\": \"shutdown\"}");
  EXPECT_EQ(worker_->wait().exit_code, 0);
  EXPECT_EQ(held.status(), Status::queued);

  for (const redis::Reply& entry : ask("ACL", "LOG").elements) {
    ADD_FAILURE() << "refused: " << entry.elements.at(5).text << " of "
                  << entry.elements.at(3).text;
  }
}

TEST_F(Rights, ThatLackLeaveTheWorkerDeafButAtWorkAndSuspendable) {
  ask("ACL", "SETUSER", "rqpp-worker", "resetchannels", "-client|tracking");
  worker_ = std::make_unique<Program>(words());
  worker_->await_error("commands to this worker are not heard");
  worker_->await_error("NOPERM");
  EXPECT_EQ(enqueue("horses.pid").wait(30s).kind(), Value(1).kind());

  ask("SET", "rq:suspended", 1);

  await([&] { return ask("HGET", "rq:worker:dobbin", "state").text == "suspended"; });
}

}  // namespace
}  // namespace rqpp::test
