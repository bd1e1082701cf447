#include <rqpp/buffered_producer.h>

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

class BufferedProducerTest : public ClientTest {
 protected:
  /// Nothing is sent but by flush().
  static BufferedProducerOptions patient() { return {.linger = 1h}; }

  std::vector<std::string> all_ids() { return queue.ids(0, 1'000'000); }
};

TEST_F(BufferedProducerTest, EnqueuesAsAQueueDoes) {
  BufferedProducer producer(queue);
  const Job<long> job = producer.enqueue(kSlowFib(20), {.timeout = 30s, .description = "mine"});
  producer.flush();

  const JobInfo info = job.info();
  EXPECT_EQ(info.status, Status::queued);
  EXPECT_EQ(info.call(), kSlowFib(20));
  EXPECT_EQ(info.timeout, 30s);
  EXPECT_EQ(info.description, "mine");
  EXPECT_THAT(queue.ids(), ElementsAre(job.id()));
  EXPECT_EQ(ask("SISMEMBER", "rq:queues", "rq:queue:q").number, 1);
}

TEST_F(BufferedProducerTest, WritesAThousandJobsAtOnceInTheirOrder) {
  std::vector<std::string> ids;
  BufferedProducer producer(queue, patient());
  producer.enqueue(kSlowFib(0));
  producer.flush();
  test::reset_counts(connection);

  for (int n = 0; n < 2'500; ++n) ids.push_back(producer.enqueue(kSlowFib(n)).id());
  producer.flush();

  const auto counts = test::command_counts(connection);
  EXPECT_EQ(counts.at("eval"), 3);
  EXPECT_EQ(counts.at("rpush"), 25);
  // The hashes, the ids by hundreds, and MULTI, EXEC, and a script of three commands for each
  // write.
  EXPECT_LE(test::total(counts), 2'500 + 25 + 3 * 6);
  std::vector<std::string> queued = all_ids();
  queued.erase(queued.begin());
  EXPECT_EQ(queued, ids);
}

TEST_F(BufferedProducerTest, WritesTwentyNamedJobsInATransaction) {
  BufferedProducer producer(queue, patient());
  producer.enqueue(kSlowFib(0), {.job_id = "first"});
  producer.flush();
  test::reset_counts(connection);

  for (int n = 0; n < 40; ++n) producer.enqueue(kSlowFib(n), {.job_id = "j" + std::to_string(n)});
  producer.flush();

  auto counts = test::command_counts(connection);
  EXPECT_EQ(counts["multi"], 2);
  EXPECT_EQ(counts["eval"], 2 + 1);  // the push of their ids
  EXPECT_EQ(counts["evalsha"], 38);
  EXPECT_EQ(queue.size(), 41);
}

TEST_F(BufferedProducerTest, WritesWhenTheDelayIsOver) {
  BufferedProducer producer(queue, {.linger = 5ms});

  producer.enqueue(kSlowFib(20));

  while (queue.size() == 0) std::this_thread::yield();
  while (producer.pending() > 0) std::this_thread::yield();
}

TEST_F(BufferedProducerTest, WritesTheRestWhenItEnds) {
  {
    BufferedProducer producer(queue, patient());
    for (int n = 0; n < 10; ++n) producer.enqueue(kSlowFib(n));
    EXPECT_EQ(producer.pending(), 10U);
  }

  EXPECT_EQ(queue.size(), 10);
  EXPECT_TRUE(ask("KEYS", "rqpp:feeder:*").elements.empty()) << "nothing of it is left";
}

TEST_F(BufferedProducerTest, KeepsTheOrderOfEachThread) {
  constexpr int kThreads = 4;
  constexpr int kJobs = 500;
  std::vector<std::vector<std::string>> ids(kThreads);
  {
    BufferedProducer producer(queue,
                              {.jobs_per_write = 64, .linger = 1ms, .max_buffered_jobs = 200});
    std::vector<std::future<void>> threads;
    for (int t = 0; t < kThreads; ++t) {
      auto enqueue = [&producer, &mine = ids[static_cast<std::size_t>(t)]] {
        for (int n = 0; n < kJobs; ++n) mine.push_back(producer.enqueue(kSlowFib(n)).id());
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

TEST_F(BufferedProducerTest, WaitsForARedisThatIsSlow) {
  BufferedProducer producer(queue, {.jobs_per_write = 10, .max_buffered_jobs = 20});
  producer.enqueue(kSlowFib(0));
  producer.flush();
  ask("CLIENT", "PAUSE", 60'000, "WRITE");
  std::atomic<int> taken{0};
  auto sender = std::async(std::launch::async, [&] {
    for (; taken < 50; ++taken) producer.enqueue(kSlowFib(1));
  });

  while (taken < 20) std::this_thread::yield();
  std::this_thread::sleep_for(20ms);
  EXPECT_EQ(taken, 20);
  EXPECT_EQ(producer.pending(), 20U);
  ask("CLIENT", "UNPAUSE");

  sender.get();
  producer.flush();
  EXPECT_EQ(queue.size(), 51);
}

TEST_F(BufferedProducerTest, RefusesMoreThanItMayHoldIfItIsToldTo) {
  BufferedProducer producer(
      queue, {.linger = 1h, .max_buffered_jobs = 2, .overflow = OverflowPolicy::fail});
  for (int n = 0; n < 2; ++n) producer.enqueue(kSlowFib(n));

  try {
    producer.enqueue(kSlowFib(2));
    FAIL();
  } catch (const ProducerFull& error) {
    EXPECT_STREQ(error.what(), "the producer of queue 'q' holds 2 jobs that Redis has not taken");
  }

  producer.flush();
  producer.enqueue(kSlowFib(2));
  producer.flush();
  EXPECT_EQ(queue.size(), 3);
}

TEST_F(BufferedProducerTest, RefusesWhatCannotWait) {
  BufferedProducer producer(queue, patient());

  EXPECT_THROW(producer.enqueue(kSlowFib(1), {.at_front = true}), InvalidArgument);
  EXPECT_THROW(producer.enqueue(kSlowFib(1), {.depends_on = "p"}), InvalidArgument);
  EXPECT_THROW(producer.enqueue(kSlowFib(1), {.group = "g"}), InvalidArgument);
  EXPECT_THROW(producer.enqueue(kSlowFib(1), {.job_id = "j", .unique = true}), InvalidArgument);
  EXPECT_THROW(producer.enqueue(kSlowFib(1), {.unique_for = 1h}), InvalidArgument);
  EXPECT_THROW(producer.enqueue(kSlowFib(1), {.concurrency_limit = {.key = "k", .jobs = 1}}),
               InvalidArgument);
  EXPECT_THROW(BufferedProducer(queue, {.jobs_per_write = 0}), InvalidArgument);
  EXPECT_THROW(BufferedProducer(queue, {.jobs_per_write = 5'001}), InvalidArgument);
  EXPECT_THROW(BufferedProducer(queue, {.linger = -1ms}), InvalidArgument);
  EXPECT_THROW(BufferedProducer(queue, {.max_buffered_jobs = 0}), InvalidArgument);
  EXPECT_EQ(producer.pending(), 0U);
}

TEST_F(BufferedProducerTest, LetsMiddlewareSeeEachCall) {
  int seen = 0;
  Queue watched("q", {.url = options().url, .middleware = {[&](const Call&, EnqueueOptions& how) {
                                              ++seen;
                                              how.description = "seen";
                                            }}});
  BufferedProducer producer(watched, patient());

  const auto job = producer.enqueue(kSlowFib(1));
  producer.flush();

  EXPECT_EQ(seen, 1);
  EXPECT_EQ(job.info().description, "seen");
}

/// Through a proxy that cuts the connection.
class CutBufferedProducer : public BufferedProducerTest {
 protected:
  CutBufferedProducer() {
    producer.enqueue(kSlowFib(0), {.job_id = "first"});
    producer.flush();
    expected.emplace_back("first");
  }

  BufferedProducerOptions telling() {
    BufferedProducerOptions options = patient();
    options.on_error = [this](const std::vector<std::string>& ids, const std::exception& error) {
      told.insert(told.end(), ids.begin(), ids.end());
      reason = error.what();
    };
    return options;
  }
  void enqueue(int jobs) {
    for (int n = 0; n < jobs; ++n) expected.push_back(producer.enqueue(kSlowFib(n)).id());
  }
  void expect_all_queued_once() {
    EXPECT_EQ(all_ids(), expected);
    for (const std::string& id : expected) EXPECT_TRUE(queue.job(id).exists()) << id;
    EXPECT_EQ(producer.pending(), 0U);
  }

  std::vector<std::string> told;
  std::string reason;
  std::vector<std::string> expected;
  test::CuttingProxy proxy{test::server().settings().unix_path};
  BufferedProducer producer{Queue{"q", {.url = "unix://" + proxy.settings().unix_path}}, telling()};
};

TEST_F(CutBufferedProducer, SaysSoAndSendsAgainWhatRedisHasNotGot) {
  proxy.cut_after_sent(500);
  enqueue(10);

  EXPECT_THROW(producer.flush(), ConnectionError);

  EXPECT_THROW(producer.enqueue(kSlowFib(1)), ConnectionError) << "until somebody decides";
  EXPECT_THROW(producer.flush(), ConnectionError);
  EXPECT_EQ(producer.pending(), 10U);
  EXPECT_EQ(told, std::vector(expected.begin() + 1, expected.end()));
  EXPECT_THAT(reason, HasSubstr("lost the connection"));
  EXPECT_THAT(all_ids(), ElementsAre("first"));
  proxy.heal();
  producer.retry();
  enqueue(3);
  producer.flush();
  expect_all_queued_once();
}

TEST_F(CutBufferedProducer, SendsNothingTwiceWhoseAnswerWasLost) {
  proxy.cut_after_received(0);
  enqueue(10);

  EXPECT_THROW(producer.flush(), ConnectionError);

  EXPECT_THAT(all_ids(), SizeIs(11)) << "it was executed all the same";
  // Meanwhile a worker has taken some.
  const auto run = start();
  proxy.heal();
  producer.retry();
  expected.erase(expected.begin());
  expect_all_queued_once();
  EXPECT_EQ(queue.job(run.job_id).status(), Status::started) << "its hash was not written again";
}

TEST_F(CutBufferedProducer, LosesAndDoublesNothingWhereverItIsCut) {
  for (std::size_t bytes = 0; bytes < 3'700; bytes += 97) {
    proxy.cut_after_sent(bytes);
    enqueue(10);
    EXPECT_THROW(producer.flush(), ConnectionError) << bytes;
    proxy.heal();
    producer.retry();
  }
  expect_all_queued_once();
}

TEST_F(CutBufferedProducer, FailsAgainWhileThereIsNoRedis) {
  proxy.cut_after_sent(0);
  enqueue(1);
  EXPECT_THROW(producer.flush(), ConnectionError);

  EXPECT_THROW((void)producer.retry(), ConnectionError);

  proxy.heal();
  producer.retry();
  expect_all_queued_once();
}

TEST_F(CutBufferedProducer, ForgetsWhatItIsToldToForget) {
  EXPECT_THAT(producer.discard(), IsEmpty()) << "nothing has failed";
  proxy.cut_after_sent(0);
  enqueue(2);
  EXPECT_THROW(producer.flush(), ConnectionError);
  proxy.heal();

  EXPECT_EQ(producer.discard(), std::vector(expected.begin() + 1, expected.end()));

  expected.resize(1);
  enqueue(1);
  producer.flush();
  expect_all_queued_once();
}

TEST_F(CutBufferedProducer, TellsWhatItGivesUpWhenItEnds) {
  std::vector<std::string> given_up;
  std::string id;
  {
    test::CuttingProxy broken(test::server().settings().unix_path);
    Queue unreachable("q", {.url = "unix://" + broken.settings().unix_path});
    broken.cut_after_sent(0);
    BufferedProducerOptions options = patient();
    options.on_error = [&](const std::vector<std::string>& ids, const std::exception&) {
      given_up.insert(given_up.end(), ids.begin(), ids.end());
    };
    BufferedProducer mortal(unreachable, options);
    id = mortal.enqueue(kSlowFib(1)).id();
  }

  EXPECT_THAT(given_up, ElementsAre(id, id)) << "of the write, and for good";
}

TEST_F(BufferedProducerTest, SendsAgainWhatRedisRefused) {
  BufferedProducer producer(queue, patient());
  producer.enqueue(kSlowFib(0));
  producer.flush();
  const auto job = producer.enqueue(kSlowFib(1));
  ask("CONFIG", "SET", "maxmemory", 1);

  EXPECT_THROW(producer.flush(), CommandError);

  EXPECT_EQ(queue.size(), 1);
  ask("CONFIG", "SET", "maxmemory", 0);
  producer.retry();
  EXPECT_EQ(queue.size(), 2);
  EXPECT_TRUE(job.exists());
}

TEST(BufferedProducerAndServer, NothingAcknowledgedIsLostAndNothingDoubledWhenRedisIsKilled) {
  sandbox::EphemeralServer server(
      {.arguments = {"--appendonly", "yes", "--appendfsync", "always"}});
  Queue queue("q", {.url = server.url()});
  std::vector<std::string> ids;
  {
    BufferedProducer producer(queue,
                              {.jobs_per_write = 20, .linger = 1ms, .max_buffered_jobs = 100});
    const auto again = [&](const auto& action) {
      for (;;) {
        try {
          return action();
        } catch (const Error&) {
        }
        try {
          producer.retry();
        } catch (const Error&) {  // it is not back yet, or is loading
          std::this_thread::sleep_for(2ms);
        }
      }
    };
    std::atomic<bool> done{false};
    auto sender = std::async(std::launch::async, [&] {
      while (!done) again([&] { ids.push_back(producer.enqueue(kSlowFib(1)).id()); });
      again([&] { producer.flush(); });
    });
    // The server ends with the thread that starts it.
    for (int n = 0; n < 3; ++n) {
      std::this_thread::sleep_for(30ms);
      server.stop();
      server.start();
    }
    done = true;
    sender.get();
  }

  EXPECT_EQ(queue.ids(0, 10'000'000), ids);
}

}  // namespace
}  // namespace rqpp
