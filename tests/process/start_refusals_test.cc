// What cannot work is refused when a program starts, with what to do, and no job is touched.

#include <chrono>
#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/rights.h"
#include "support/cutting_proxy.h"
#include "support/program.h"
#include "support/redis_state.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using protocol::Role;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

std::string modules() { return in_build("tests/modules").string(); }

class StartRefusals : public RedisTest {
 protected:
  static Ended worker(const std::string& url, std::vector<std::string> more = {}) {
    std::vector<std::string> words{"worker", "q", "--burst", "--path", modules(), "--url", url};
    words.insert(words.end(), more.begin(), more.end());
    return rqpp(words);
  }
};

TEST_F(StartRefusals, OfAServerThatIsNoRedis) {
  CuttingProxy proxy(server().settings().unix_path);
  proxy.replace_in_replies("+PONG", "HTTP/1.1 400 Bad Request");

  const Ended ended = worker(redis::to_url(proxy.settings()));

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("is no Redis"), HasSubstr("Correct the host")));
}

TEST_F(StartRefusals, OfAReplica) {
  const redis::Settings master = server().tcp_settings();
  const sandbox::EphemeralServer replica(
      {.arguments = {"--replicaof", master.host, std::to_string(master.port)}});

  const Ended ended = worker(replica.url());

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("is a replica"), HasSubstr("address of its master")));
}

TEST_F(StartRefusals, OfANodeOfACluster) {
  const sandbox::EphemeralServer node({.arguments = {"--cluster-enabled", "yes"}});

  const Ended ended = worker(node.url());

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("is a node of a Redis Cluster"));
}

TEST_F(StartRefusals, OfAFolderThatIsNotThere) {
  const Ended ended = worker(server().url(), {"--path", "/nowhere/modules"});

  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, AllOf(HasSubstr("'/nowhere/modules'"), HasSubstr("correct --path")));
}

TEST_F(StartRefusals, WarnOfAQueueThatNobodySchedules) {
  Queue queue("q", {.url = server().url()});
  queue.enqueue_in(1h, Call{.function = "horses.pid"});

  EXPECT_THAT(worker(server().url()).err,
              AllOf(HasSubstr("no scheduler serves queue 'q', where 1 job waits"),
                    HasSubstr("rqpp scheduler q")));
  EXPECT_THAT(rqpp({"info", "--url", server().url()}).out,
              HasSubstr("no scheduler serves queue 'q'"));
  EXPECT_THAT(rqpp({"top", "-n", "1", "--url", server().url()}).out + "", Not(HasSubstr("error")));
  EXPECT_THAT(rqpp({"doctor", "--for", "1s", "--url", server().url()}).out,
              HasSubstr("no scheduler serves it"));

  ask("SET", "rq:scheduler-lock:q", "somebody");
  EXPECT_THAT(worker(server().url()).err, Not(HasSubstr("no scheduler serves")));
  EXPECT_THAT(rqpp({"info", "--url", server().url()}).out, Not(HasSubstr("no scheduler serves")));
}

/// A worker whose user lacks one right.
class LimitedWorker : public RedisTest {
 protected:
  void TearDown() override { ask("ACL", "DELUSER", "rqpp-worker"); }

  static std::string url() {
    return "redis://rqpp-worker:secret@127.0.0.1:" + std::to_string(server().tcp_settings().port);
  }
  void make_user(const std::string& without) {
    std::vector<std::string> words{"ACL", "SETUSER", "rqpp-worker", "reset"};
    const std::string line = protocol::acl_line(Role::worker) + " ";
    for (std::size_t at = line.find(" on ") + 1; at < line.size();) {
      const std::size_t end = line.find(' ', at);
      const std::string word = line.substr(at, end - at);
      if (word != "+" + without && word != "~" + without && word != "&" + without) {
        words.push_back(word);
      }
      at = end + 1;
    }
    connection.run(redis::Batch{}.add_words(words));
  }
  static std::vector<std::string> words(std::vector<std::string> more = {}) {
    std::vector<std::string> all{"worker", "q", "--path", modules(), "--url", url()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }
  std::vector<AnyJob> enqueue(int count) {
    std::vector<AnyJob> jobs;
    for (int i = 0; i < count; ++i) {
      jobs.push_back(queue_.enqueue(Call{.function = "horses.pid"}));
    }
    return jobs;
  }
  static void await(const std::function<bool()>& condition) {
    while (!condition()) ::usleep(1'000);
  }

  Queue queue_{"q", {.url = server().url()}};
};

class WithoutARight : public LimitedWorker, public ::testing::WithParamInterface<std::string> {};

TEST_P(WithoutARight, AWorkerRunsItsJobsWhollyOrNotAtAll) {
  const std::string& right = GetParam();
  make_user(right);
  const std::vector<AnyJob> jobs = enqueue(3);
  ask("HSET", "rq:job:" + jobs[2].id(), "result_ttl", 60);
  const std::string before = dump_keys(connection);

  const Ended ended = rqpp(words({"--burst"}));

  if (ended.exit_code == 0) {
    for (const AnyJob& job : jobs) EXPECT_EQ(job.status(), Status::finished) << ended.err;
  } else {
    EXPECT_EQ(dump_keys(connection), before);
    std::string named = right;
    if (named.ends_with(":*")) named.pop_back();
    EXPECT_THAT(ended.err, AllOf(HasSubstr(named), HasSubstr("rqpp doctor --acl worker")));
    make_user("");
    EXPECT_EQ(rqpp(words({"--burst"})).exit_code, 0);
  }
  for (const AnyJob& job : jobs) {
    EXPECT_EQ(job.status(), Status::finished);
    EXPECT_NE(job.result(), std::nullopt);
  }
}

std::vector<std::string> rights_of_a_worker() {
  const protocol::Rights rights = protocol::rights_of(Role::worker);
  std::vector<std::string> all = rights.commands;
  all.insert(all.end(), rights.keys.begin(), rights.keys.end());
  all.insert(all.end(), rights.channels.begin(), rights.channels.end());
  return all;
}

INSTANTIATE_TEST_SUITE_P(Each, WithoutARight, ::testing::ValuesIn(rights_of_a_worker()),
                         [](const auto& param_info) {
                           std::string name;
                           for (const char c : param_info.param) {
                             name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
                           }
                           return name + std::to_string(param_info.index);
                         });

TEST_F(LimitedWorker, ThatLosesARightKeepsItsJobsUntilItHasItBack) {
  make_user("");
  Program worker(words({"--name", "dobbin"}));
  worker.await_error("*** Listening on");
  for (const char* right : {"+zadd", "+hscan", "+copy", "+evalsha", "+blmove"}) {
    ask("ACL", "SETUSER", "rqpp-worker", "-" + std::string(right + 1));
    const std::vector<AnyJob> jobs = enqueue(5);
    worker.await_error("Trying again until it is back");
    for (const AnyJob& job : jobs) EXPECT_NE(job.status(), Status::failed) << right;
    ask("ACL", "SETUSER", "rqpp-worker", right);
    for (const AnyJob& job : jobs) EXPECT_FALSE(job.wait(60s).is_null()) << right;
  }
  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait().exit_code, 0);
}

TEST_F(LimitedWorker, HearsSigtermWhileItLacksARight) {
  make_user("");
  Program worker(words({"--name", "dobbin"}));
  worker.await_error("*** Listening on");
  make_user("zadd");
  const AnyJob job = enqueue(1).front();
  worker.await_error("Trying again until it is back");

  worker.signal(SIGTERM);

  const Ended ended = worker.wait();
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(job.status(), Status::queued);
  make_user("");
  Program next(words());
  EXPECT_FALSE(job.wait(60s).is_null()) << "the next worker takes it over";
}

TEST_F(LimitedWorker, WithoutClientUnblockHearsASuspensionAndSigterm) {
  make_user("client|unblock");
  Program worker(words({"--name", "dobbin"}));
  worker.await_error("it goes on without commands: client|unblock");
  EXPECT_FALSE(enqueue(1).front().wait(60s).is_null());

  ask("SET", "rq:suspended", 1);
  await([&] { return ask("HGET", "rq:worker:dobbin", "state").text == "suspended"; });
  ask("DEL", "rq:suspended");
  EXPECT_FALSE(enqueue(1).front().wait(60s).is_null());

  worker.signal(SIGTERM);
  EXPECT_EQ(worker.wait().exit_code, 0);
}

TEST(RenamedCommands, AreDoneWithoutWhereAWorkerCan) {
  const sandbox::EphemeralServer server({.arguments = {"--rename-command", "BLMOVE", ""}});
  redis::Connection connection(server.settings());
  Queue queue("q", {.url = server.url()});
  Program worker({"worker", "q", "p", "--path", modules(), "--url", server.url()});
  worker.await_error("commands that this Redis does not have: blmove");
  worker.await_error("*** Listening on");

  EXPECT_FALSE(queue.enqueue(Call{.function = "horses.pid"}).wait(60s).is_null());
  EXPECT_FALSE(queue.enqueue(Call{.function = "horses.pid"}).wait(60s).is_null());
  worker.signal(SIGTERM);

  const Ended ended = worker.wait();
  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.err, Not(HasSubstr("Trying again")));
}

TEST(RenamedCommands, ThatWouldWaitAreReplacedByALookPerQueueAndSecond) {
  const sandbox::EphemeralServer server({.arguments = {"--rename-command", "BLMOVE", ""}});
  redis::Connection connection(server.settings());
  Program worker({"worker", "q", "p", "--path", modules(), "--url", server.url()});
  worker.await_error("*** Listening on");
  test::reset_counts(connection);
  const auto began = std::chrono::steady_clock::now();

  std::int64_t looks = 0;
  while (looks < 8) {
    std::this_thread::sleep_for(50ms);
    looks = test::command_counts(connection)["lmove"];
  }

  const auto seconds =
      std::chrono::ceil<std::chrono::seconds>(std::chrono::steady_clock::now() - began);
  EXPECT_LE(looks, 2 * (seconds.count() + 1));
}

TEST(RenamedCommands, AreNamedWhereAWorkerCannot) {
  const sandbox::EphemeralServer server({.arguments = {"--rename-command", "COPY", ""}});

  const Ended ended = rqpp({"worker", "q", "--burst", "--path", modules(), "--url", server.url()});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.err, HasSubstr("commands that this Redis does not have: copy"));
}

TEST(Acl, IsPrintedForEachRole) {
  for (const Role role : protocol::kRoles) {
    const Ended ended = rqpp({"doctor", "--acl", std::string(protocol::role_name(role))});
    EXPECT_EQ(ended.exit_code, 0);
    EXPECT_EQ(ended.out, protocol::acl_line(role) + "\n");
  }
  EXPECT_EQ(rqpp({"doctor", "--acl", "king"}).exit_code, 2);
}

}  // namespace
}  // namespace rqpp::test
