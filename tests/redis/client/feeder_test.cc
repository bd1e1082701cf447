#include <rqpp/feeder.h>

#include <gmock/gmock.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <set>
#include <thread>

#include "redis/client/client_test.h"
#include "sandbox/ephemeral_server.h"
#include "support/cutting_proxy.h"

namespace rqpp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class FeederTest : public ClientTest {
 protected:
  /// Nothing is sent but by flush().
  static FeederOptions patient() { return {.delay = 1h}; }

  std::vector<std::string> all_ids() { return queue.ids(0, 1'000'000); }
};

TEST_F(FeederTest, EnqueuesAsAQueueDoes) {
  Feeder feeder(queue);
  const Job<long> job = feeder.enqueue(kSlowFib(20), {.timeout = 30s, .description = "mine"});
  feeder.flush();

  const JobInfo info = job.info();
  EXPECT_EQ(info.status, Status::queued);
  EXPECT_EQ(info.call(), kSlowFib(20));
  EXPECT_EQ(info.timeout, 30s);
  EXPECT_EQ(info.description, "mine");
  EXPECT_THAT(queue.ids(), ElementsAre(job.id()));
  EXPECT_EQ(ask("SISMEMBER", "rq:queues", "rq:queue:q").number, 1);
}

TEST_F(FeederTest, WritesAThousandJobsAtOnceInTheirOrder) {
  std::vector<std::string> ids;
  Feeder feeder(queue, patient());
  feeder.enqueue(kSlowFib(0));
  feeder.flush();
  test::reset_counts(connection);

  for (int n = 0; n < 2'500; ++n) ids.push_back(feeder.enqueue(kSlowFib(n)).id());
  feeder.flush();

  const auto counts = test::command_counts(connection);
  EXPECT_EQ(counts.at("evalsha"), 3);
  EXPECT_EQ(counts.at("rpush"), 25);
  // The hashes, the ids by hundreds, and MULTI, EXEC, and a script of three commands for each
  // write.
  EXPECT_LE(test::total(counts), 2'500 + 25 + 3 * 6);
  std::vector<std::string> queued = all_ids();
  queued.erase(queued.begin());
  EXPECT_EQ(queued, ids);
}

TEST_F(FeederTest, WritesWhenTheDelayIsOver) {
  Feeder feeder(queue, {.delay = 5ms});

  feeder.enqueue(kSlowFib(20));

  while (queue.size() == 0) std::this_thread::yield();
  while (feeder.pending() > 0) std::this_thread::yield();
}

TEST_F(FeederTest, WritesTheRestWhenItEnds) {
  {
    Feeder feeder(queue, patient());
    for (int n = 0; n < 10; ++n) feeder.enqueue(kSlowFib(n));
    EXPECT_EQ(feeder.pending(), 10U);
  }

  EXPECT_EQ(queue.size(), 10);
  EXPECT_TRUE(ask("KEYS", "rqpp:feeder:*").elements.empty()) << "nothing of it is left";
}

TEST_F(FeederTest, KeepsTheOrderOfEachThread) {
  constexpr int kThreads = 4;
  constexpr int kJobs = 500;
  std::vector<std::vector<std::string>> ids(kThreads);
  {
    Feeder feeder(queue, {.jobs_per_write = 64, .delay = 1ms, .most_jobs = 200});
    std::vector<std::future<void>> threads;
    for (int t = 0; t < kThreads; ++t) {
      auto enqueue = [&feeder, &mine = ids[static_cast<std::size_t>(t)]] {
        for (int n = 0; n < kJobs; ++n) mine.push_back(feeder.enqueue(kSlowFib(n)).id());
      };
      threads.push_back(std::async(std::launch::async, enqueue));
    }
    for (auto& each : threads) each.get();
  }

  const auto queued = all_ids();
  ASSERT_THAT(queued, SizeIs(kThreads * kJobs));
  for (const auto& mine : ids) {
    const std::set<std::string> known(mine.begin(), mine.end());
    std::vector<std::string> found;
    std::copy_if(queued.begin(), queued.end(), std::back_inserter(found),
                 [&](const std::string& id) { return known.contains(id); });
    EXPECT_EQ(found, mine);
  }
}

TEST_F(FeederTest, WaitsForARedisThatIsSlow) {
  Feeder feeder(queue, {.jobs_per_write = 10, .most_jobs = 20});
  feeder.enqueue(kSlowFib(0));
  feeder.flush();
  ask("CLIENT", "PAUSE", 60'000, "WRITE");
  std::atomic<int> taken{0};
  auto producer = std::async(std::launch::async, [&] {
    for (; taken < 50; ++taken) feeder.enqueue(kSlowFib(1));
  });

  while (taken < 20) std::this_thread::yield();
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(taken, 20);
  EXPECT_EQ(feeder.pending(), 20U);
  ask("CLIENT", "UNPAUSE");

  producer.get();
  feeder.flush();
  EXPECT_EQ(queue.size(), 51);
}

TEST_F(FeederTest, RefusesMoreThanItMayHoldIfItIsToldTo) {
  Feeder feeder(queue, {.delay = 1h, .most_jobs = 2, .when_full = WhenFull::refuse});
  for (int n = 0; n < 2; ++n) feeder.enqueue(kSlowFib(n));

  try {
    feeder.enqueue(kSlowFib(2));
    FAIL();
  } catch (const FeederFull& error) {
    EXPECT_STREQ(error.what(), "the feeder of queue 'q' holds 2 jobs that Redis has not taken");
  }

  feeder.flush();
  feeder.enqueue(kSlowFib(2));
  feeder.flush();
  EXPECT_EQ(queue.size(), 3);
}

TEST_F(FeederTest, RefusesWhatCannotWait) {
  Feeder feeder(queue, patient());

  EXPECT_THROW(feeder.enqueue(kSlowFib(1), {.at_front = true}), InvalidArgument);
  EXPECT_THROW(feeder.enqueue(kSlowFib(1), {.depends_on = "p"}), InvalidArgument);
  EXPECT_THROW(feeder.enqueue(kSlowFib(1), {.group = "g"}), InvalidArgument);
  EXPECT_THROW(feeder.enqueue(kSlowFib(1), {.job_id = "j", .unique = true}), InvalidArgument);
  EXPECT_THROW(feeder.enqueue(kSlowFib(1), {.unique_for = 1h}), InvalidArgument);
  EXPECT_THROW(feeder.enqueue(kSlowFib(1), {.concurrency_limit = {.key = "k", .jobs = 1}}),
               InvalidArgument);
  EXPECT_THROW(Feeder(queue, {.jobs_per_write = 0}), InvalidArgument);
  EXPECT_THROW(Feeder(queue, {.jobs_per_write = 5'001}), InvalidArgument);
  EXPECT_THROW(Feeder(queue, {.delay = -1ms}), InvalidArgument);
  EXPECT_THROW(Feeder(queue, {.most_jobs = 0}), InvalidArgument);
  EXPECT_EQ(feeder.pending(), 0U);
}

TEST_F(FeederTest, LetsMiddlewareSeeEachCall) {
  int seen = 0;
  Queue watched("q", {.url = options().url, .middleware = {[&](const Call&, EnqueueOptions& how) {
                                              ++seen;
                                              how.description = "seen";
                                            }}});
  Feeder feeder(watched, patient());

  const auto job = feeder.enqueue(kSlowFib(1));
  feeder.flush();

  EXPECT_EQ(seen, 1);
  EXPECT_EQ(job.info().description, "seen");
}

/// Through a proxy that cuts the connection.
class CutFeederTest : public FeederTest {
 protected:
  CutFeederTest() {
    feeder.enqueue(kSlowFib(0), {.job_id = "first"});
    feeder.flush();
    expected.emplace_back("first");
  }

  FeederOptions telling() {
    FeederOptions options = patient();
    options.on_error = [this](const std::vector<std::string>& ids, const std::exception& error) {
      told.insert(told.end(), ids.begin(), ids.end());
      reason = error.what();
    };
    return options;
  }
  void enqueue(int jobs) {
    for (int n = 0; n < jobs; ++n) expected.push_back(feeder.enqueue(kSlowFib(n)).id());
  }
  void expect_all_queued_once() {
    EXPECT_EQ(all_ids(), expected);
    for (const std::string& id : expected) EXPECT_TRUE(queue.job(id).exists()) << id;
    EXPECT_EQ(feeder.pending(), 0U);
  }

  std::vector<std::string> told;
  std::string reason;
  std::vector<std::string> expected;
  test::CuttingProxy proxy{test::server().settings().unix_path};
  Feeder feeder{Queue{"q", {.url = "unix://" + proxy.settings().unix_path}}, telling()};
};

TEST_F(CutFeederTest, SaysSoAndSendsAgainWhatRedisHasNotGot) {
  proxy.cut_after_sent(500);
  enqueue(10);

  EXPECT_THROW(feeder.flush(), ConnectionError);

  EXPECT_THROW(feeder.enqueue(kSlowFib(1)), ConnectionError) << "until somebody decides";
  EXPECT_THROW(feeder.flush(), ConnectionError);
  EXPECT_EQ(feeder.pending(), 10U);
  EXPECT_EQ(told, std::vector(expected.begin() + 1, expected.end()));
  EXPECT_THAT(reason, HasSubstr("lost the connection"));
  EXPECT_THAT(all_ids(), ElementsAre("first"));
  proxy.heal();
  feeder.retry();
  enqueue(3);
  feeder.flush();
  expect_all_queued_once();
}

TEST_F(CutFeederTest, SendsNothingTwiceWhoseAnswerWasLost) {
  proxy.cut_after_received(0);
  enqueue(10);

  EXPECT_THROW(feeder.flush(), ConnectionError);

  EXPECT_THAT(all_ids(), SizeIs(11)) << "it was executed all the same";
  // Meanwhile a worker has taken some.
  const auto run = start();
  proxy.heal();
  feeder.retry();
  expected.erase(expected.begin());
  expect_all_queued_once();
  EXPECT_EQ(queue.job(run.job_id).status(), Status::started) << "its hash was not written again";
}

TEST_F(CutFeederTest, LosesAndDoublesNothingWhereverItIsCut) {
  for (std::size_t bytes = 0; bytes < 3'700; bytes += 97) {
    proxy.cut_after_sent(bytes);
    enqueue(10);
    EXPECT_THROW(feeder.flush(), ConnectionError) << bytes;
    proxy.heal();
    feeder.retry();
  }
  expect_all_queued_once();
}

TEST_F(CutFeederTest, FailsAgainWhileThereIsNoRedis) {
  proxy.cut_after_sent(0);
  enqueue(1);
  EXPECT_THROW(feeder.flush(), ConnectionError);

  EXPECT_THROW(feeder.retry(), ConnectionError);

  proxy.heal();
  feeder.retry();
  expect_all_queued_once();
}

TEST_F(CutFeederTest, ForgetsWhatItIsToldToForget) {
  EXPECT_THAT(feeder.discard(), IsEmpty()) << "nothing has failed";
  proxy.cut_after_sent(0);
  enqueue(2);
  EXPECT_THROW(feeder.flush(), ConnectionError);
  proxy.heal();

  EXPECT_EQ(feeder.discard(), std::vector(expected.begin() + 1, expected.end()));

  expected.resize(1);
  enqueue(1);
  feeder.flush();
  expect_all_queued_once();
}

TEST_F(CutFeederTest, TellsWhatItGivesUpWhenItEnds) {
  std::vector<std::string> given_up;
  std::string id;
  {
    test::CuttingProxy broken(test::server().settings().unix_path);
    Queue unreachable("q", {.url = "unix://" + broken.settings().unix_path});
    broken.cut_after_sent(0);
    FeederOptions options = patient();
    options.on_error = [&](const std::vector<std::string>& ids, const std::exception&) {
      given_up.insert(given_up.end(), ids.begin(), ids.end());
    };
    Feeder mortal(unreachable, options);
    id = mortal.enqueue(kSlowFib(1)).id();
  }

  EXPECT_THAT(given_up, ElementsAre(id, id)) << "of the write, and for good";
}

TEST_F(FeederTest, SendsAgainWhatRedisRefused) {
  Feeder feeder(queue, patient());
  feeder.enqueue(kSlowFib(0));
  feeder.flush();
  const auto job = feeder.enqueue(kSlowFib(1));
  ask("CONFIG", "SET", "maxmemory", 1);

  EXPECT_THROW(feeder.flush(), CommandError);

  EXPECT_EQ(queue.size(), 1);
  ask("CONFIG", "SET", "maxmemory", 0);
  feeder.retry();
  EXPECT_EQ(queue.size(), 2);
  EXPECT_TRUE(job.exists());
}

TEST(FeederAndServer, NothingAcknowledgedIsLostAndNothingDoubledWhenRedisIsKilled) {
  sandbox::EphemeralServer server(
      {.arguments = {"--appendonly", "yes", "--appendfsync", "always"}});
  Queue queue("q", {.url = server.url()});
  std::vector<std::string> ids;
  {
    Feeder feeder(queue, {.jobs_per_write = 20, .delay = 1ms, .most_jobs = 100});
    const auto again = [&](const auto& action) {
      for (;;) {
        try {
          return action();
        } catch (const Error&) {
        }
        try {
          feeder.retry();
        } catch (const Error&) {  // it is not back yet, or is loading
          std::this_thread::sleep_for(2ms);
        }
      }
    };
    std::atomic<bool> done{false};
    auto producer = std::async(std::launch::async, [&] {
      while (!done) again([&] { ids.push_back(feeder.enqueue(kSlowFib(1)).id()); });
      again([&] { feeder.flush(); });
    });
    // The server ends with the thread that starts it.
    for (int n = 0; n < 3; ++n) {
      std::this_thread::sleep_for(30ms);
      server.stop();
      server.start();
    }
    done = true;
    producer.get();
  }

  EXPECT_EQ(queue.ids(0, 10'000'000), ids);
}

}  // namespace
}  // namespace rqpp
