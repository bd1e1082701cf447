#include "protocol/dependencies.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <future>
#include <set>

#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

/// Jobs that wait for others. Runs end on a connection of their own, so that several may race.
class DependenciesTest : public ProtocolTest {
 protected:
  static JobRecord child(const std::string& id, std::vector<std::string> parents) {
    JobRecord record = job(id);
    record.status = Status::deferred;
    record.created_at = kNow;
    record.dependency_ids = std::move(parents);
    return record;
  }
  static std::string dependents(const std::string& id) { return "rq:job:" + id + ":dependents"; }
  static std::string dependencies(const std::string& id) {
    return "rq:job::" + id + ":dependencies";
  }

  /// A parent that runs.
  void run(const std::string& id) {
    enqueue(job(id));
    const ClaimRequest request{
        .claimant = {.worker = "w"}, .queues = {"q"}, .execution_ids = {"e-" + id}};
    connection.run(protocol::claim(request, 90s, kNow));
  }
  /// What a worker does when the run of a job ends, all of it. Returns the ids that were queued.
  static std::vector<std::string> end(redis::Connection& by, const JobRecord& record, bool well) {
    const Execution execution{
        .id = "e-" + record.id, .job_id = record.id, .queue = record.origin, .worker = "w"};
    const redis::Batch batch = well
                                   ? settle(record, execution, Succeeded{"V"}, {kNow, kLater}, 500s)
                                   : settle(record, execution, Failed{"E"}, {kNow, kLater});
    const Settled settled = read_settled(by.run(batch).at(0));
    if (!settled.dependents) return {};
    return tell(by, record.id, well ? Status::finished : Status::failed, *settled.dependents);
  }
  static std::vector<std::string> tell(redis::Connection& by, const std::string& id, Status status,
                                       Page page) {
    std::vector<std::string> queued;
    for (;;) {
      EXPECT_LE(page.names.size(), 512U);
      for (std::size_t i = 0; i == 0 || i < page.names.size(); i += 100) {
        const std::size_t count = std::min<std::size_t>(100, page.names.size() - i);
        Release what{.job_id = id, .status = status};
        what.dependents.assign(page.names.begin() + static_cast<std::ptrdiff_t>(i),
                               page.names.begin() + static_cast<std::ptrdiff_t>(i + count));
        what.last = page.cursor == "0" && i + count == page.names.size();
        do {
          Released released = read_release(by.run(release(what, kLater)).at(0), what.dependents);
          queued.insert(queued.end(), released.queued.begin(), released.queued.end());
          what.dependents = std::move(released.again);
        } while (!what.dependents.empty());
      }
      if (page.cursor == "0") return queued;
      page = read_page(by.run(dependents_page(id, page.cursor)).at(0));
    }
  }
  std::vector<std::string> finish(const std::string& id) { return end(connection, job(id), true); }
  std::vector<std::string> break_down(const std::string& id) {
    return end(connection, job(id), false);
  }
  std::vector<std::string> queue() {
    return read_ids(connection.run(queue_page("q", 0, 10'000)).at(0));
  }
  Released look(const std::string& id) {
    const std::vector<std::string> ids{id};
    return read_release(connection.run(look_again(ids, kLater)).at(0), ids);
  }
};

TEST_F(DependenciesTest, AJobWaitsForOneThatRuns) {
  run("p");

  enqueue(child("c", {"p"}));

  EXPECT_EQ(status("c"), "deferred");
  EXPECT_EQ(score("rq:deferred:q", "c"), "1000");
  EXPECT_EQ(ask("SISMEMBER", dependents("p"), "c").number, 1);
  EXPECT_EQ(ask("SISMEMBER", dependencies("c"), "p").number, 1);
  EXPECT_THAT(queue(), IsEmpty());
}

TEST_F(DependenciesTest, AJobDoesNotWaitForOneThatHasReturnedOrDoesNotExist) {
  run("p");
  finish("p");

  enqueue(child("c", {"p", "nobody"}));

  EXPECT_EQ(status("c"), "queued");
  EXPECT_EQ(ask("HGET", "rq:job:c", "enqueued_at").text, kNowIso);
  EXPECT_THAT(queue(), ElementsAre("c"));
  EXPECT_EQ(ask("EXISTS", dependents("p"), dependencies("c"), "rq:deferred:q").number, 0);
}

TEST_F(DependenciesTest, AJobWaitsForOneThatHasFailedUnlessThatWillDo) {
  run("p");
  break_down("p");
  JobRecord tolerant = child("tolerant", {"p"});
  tolerant.allow_dependency_failures = true;

  enqueue(child("strict", {"p"}));
  enqueue(tolerant);

  EXPECT_EQ(status("strict"), "deferred");
  EXPECT_EQ(status("tolerant"), "queued");
}

TEST_F(DependenciesTest, AJobWithATimeToLiveExpiresWhileItWaits) {
  run("p");
  JobRecord brief = child("c", {"p"});
  brief.ttl_seconds = 60;

  enqueue(brief);

  EXPECT_EQ(ttl("rq:job:c"), 60);
  EXPECT_EQ(ttl(dependencies("c")), 60);
}

TEST_F(DependenciesTest, TheEndOfTheLastParentQueuesTheChild) {
  run("p1");
  run("p2");
  enqueue(child("c", {"p1", "p2"}));

  EXPECT_THAT(finish("p1"), IsEmpty());
  EXPECT_EQ(status("c"), "deferred");
  EXPECT_THAT(finish("p2"), ElementsAre("c"));

  EXPECT_EQ(status("c"), "queued");
  EXPECT_EQ(ask("HGET", "rq:job:c", "enqueued_at").text, "1970-01-01T00:16:50.000000Z");
  EXPECT_THAT(queue(), ElementsAre("c"));
  EXPECT_EQ(ask("EXISTS", dependents("p1"), dependents("p2"), dependencies("c"), "rq:deferred:q",
                "rqpp:releases")
                .number,
            0);
}

TEST_F(DependenciesTest, AFailureQueuesOnlyThoseForWhomItWillDo) {
  run("p");
  JobRecord tolerant = child("tolerant", {"p"});
  tolerant.allow_dependency_failures = true;
  enqueue(tolerant);
  enqueue(child("strict", {"p"}));

  EXPECT_THAT(break_down("p"), ElementsAre("tolerant"));

  EXPECT_EQ(status("strict"), "deferred");
  EXPECT_EQ(ask("SISMEMBER", dependents("p"), "strict").number, 1);
  EXPECT_EQ(ask("EXISTS", "rqpp:releases").number, 0);
}

TEST_F(DependenciesTest, AFailedParentThatIsQueuedAgainAndReturnsReleasesItsChildren) {
  run("p");
  enqueue(child("c", {"p"}));
  break_down("p");
  connection.run(requeue("p", Position::back, kNow));
  const ClaimRequest request{
      .claimant = {.worker = "w"}, .queues = {"q"}, .execution_ids = {"e-p"}};
  connection.run(protocol::claim(request, 90s, kNow));

  EXPECT_THAT(finish("p"), ElementsAre("c"));
}

TEST_F(DependenciesTest, AStoppedParentReleasesOnlyThoseForWhomThatWillDo) {
  run("p");
  JobRecord patient = child("any", {"p"});
  patient.allow_dependency_stops = true;
  enqueue(patient);
  enqueue(child("strict", {"p"}));
  const Execution execution{.id = "e-p", .job_id = "p", .queue = "q", .worker = "w"};
  const auto reply =
      connection.run(settle(job("p"), execution, Stopped{"stopped"}, {kNow, kLater})).at(0);

  const auto queued =
      tell(connection, "p", Status::stopped, read_settled(reply).dependents.value());

  EXPECT_THAT(queued, ElementsAre("any"));
  EXPECT_EQ(status("strict"), "deferred");
}

TEST_F(DependenciesTest, WhoCancelsAJobHearsThatSomebodyWaitsForThat) {
  run("p");
  JobRecord patient = child("any", {"p"});
  patient.allow_dependency_stops = true;
  enqueue(patient);

  EXPECT_EQ(number(cancel("p", kNow)), 2);

  EXPECT_THAT(read_ids(connection.run(unfinished_releases()).at(0)), ElementsAre("p"));
  EXPECT_THAT(tell(connection, "p", Status::canceled, {.cursor = "0", .names = {"any"}}),
              ElementsAre("any"));
  EXPECT_THAT(read_ids(connection.run(unfinished_releases()).at(0)), IsEmpty());
}

TEST_F(DependenciesTest, AChildGoesToTheFrontOfItsQueueIfItWantsTo) {
  run("p");
  JobRecord urgent = child("c", {"p"});
  urgent.enqueue_at_front = true;
  enqueue(urgent);
  enqueue(job("other"));

  finish("p");

  EXPECT_THAT(queue(), ElementsAre("c", "other"));
}

TEST_F(DependenciesTest, AChildThatWasCanceledOrDeletedIsNotQueued) {
  run("p");
  enqueue(child("canceled", {"p"}));
  enqueue(child("deleted", {"p"}));
  connection.run(cancel("canceled", kNow));
  connection.run(delete_job("deleted", kNow));

  EXPECT_THAT(finish("p"), IsEmpty());

  EXPECT_EQ(status("canceled"), "canceled");
  EXPECT_EQ(ask("EXISTS", "rq:job:deleted").number, 0);
}

TEST_F(DependenciesTest, AParentThatLeavesNothingReleasesItsChildren) {
  JobRecord brief = job("p");
  brief.result_ttl_seconds = 0;
  run("p");
  enqueue(child("c", {"p"}));

  EXPECT_THAT(end(connection, brief, true), ElementsAre("c"));
  EXPECT_EQ(ask("EXISTS", dependents("p"), "rq:job:p").number, 0);
}

TEST_F(DependenciesTest, WhatAKilledWorkerDidNotTellIsNoted) {
  run("p");
  enqueue(child("c", {"p"}));
  const Execution execution{.id = "e-p", .job_id = "p", .queue = "q", .worker = "w"};

  connection.run(settle(job("p"), execution, Succeeded{}, {kNow, kLater}, 500s));
  const auto noted = read_ids(connection.run(unfinished_releases()).at(0));

  ASSERT_THAT(noted, ElementsAre("p"));
  const Page page = read_page(connection.run(dependents_page("p", "0")).at(0));
  EXPECT_THAT(tell(connection, "p", Status::finished, page), ElementsAre("c"));
  EXPECT_THAT(read_ids(connection.run(unfinished_releases()).at(0)), IsEmpty());
}

TEST_F(DependenciesTest, ALookFindsChildrenWhoseParentsAreGone) {
  run("p");
  enqueue(child("c", {"p"}));
  EXPECT_THAT(look("c").queued, IsEmpty());
  ask("DEL", "rq:job:p");

  EXPECT_THAT(look("c").queued, ElementsAre("c"));
  EXPECT_THAT(look("c").queued, IsEmpty());
  EXPECT_THAT(look("nobody").gone, ElementsAre("nobody"));
}

TEST_F(DependenciesTest, WhatPythonWorkersEndedIsLookedAtOnce) {
  for (const char* parent : {"p1", "p2", "p3"}) run(parent);
  enqueue(child("c", {"p1", "p2", "p3"}));
  // A worker of RQ leaves both entries of an edge behind while the child has to wait on.
  ask("HSET", "rq:job:p1", "status", "finished");
  ask("HSET", "rq:job:p2", "status", "finished");

  EXPECT_THAT(finish("p3"), ElementsAre("c"));

  EXPECT_EQ(ask("EXISTS", dependents("p1"), dependents("p2"), dependencies("c")).number, 0);
}

TEST_F(DependenciesTest, MoreThanAHundredDependenciesAreLookedAtInSlices) {
  std::vector<std::string> parents;
  for (int i = 0; i < 250; ++i) {
    parents.push_back("p" + std::to_string(i));
    enqueue(job(parents.back()));
  }
  enqueue(child("c", parents));
  EXPECT_EQ(status("c"), "deferred");
  EXPECT_EQ(ask("SCARD", dependencies("c")).number, 250);
  for (const std::string& parent : parents) ask("HSET", "rq:job:" + parent, "status", "finished");

  EXPECT_THAT(look("c").again, ElementsAre("c"));
  EXPECT_THAT(look("c").again, ElementsAre("c"));
  EXPECT_THAT(look("c").queued, ElementsAre("c"));
}

TEST_F(DependenciesTest, MoreThanAHundredDependenciesThatHaveAllEndedHoldUpNobody) {
  std::vector<std::string> parents;
  for (int i = 0; i < 250; ++i) parents.push_back("gone" + std::to_string(i));

  enqueue(child("c", parents));

  EXPECT_EQ(status("c"), "queued");
  EXPECT_THAT(queue(), ElementsAre("c"));
  EXPECT_EQ(ask("EXISTS", "rq:deferred:q", dependencies("c")).number, 0);
}

TEST_F(DependenciesTest, AQueueThatIsNoListLeavesTheChildWaiting) {
  run("p");
  JobRecord lost = child("c", {"p"});
  lost.origin = "bad";
  enqueue(lost);
  ask("SET", "rq:queue:bad", "x");

  EXPECT_THAT(finish("p"), IsEmpty());

  EXPECT_EQ(status("c"), "deferred");
  EXPECT_EQ(score("rq:deferred:bad", "c"), "1010");
}

TEST_F(DependenciesTest, AChildWhoseKeysAreOfAWrongTypeHoldsUpNoOther) {
  run("p");
  enqueue(child("bad", {"p"}));
  enqueue(child("good", {"p"}));
  ask("SET", dependencies("bad"), "x");

  EXPECT_THAT(finish("p"), ElementsAre("good"));
}

// ---- races

TEST_F(DependenciesTest, SixHundredChildrenThatAreRegisteredWhileTheirParentEndsAreAllQueuedOnce) {
  for (int round = 0; round < 5; ++round) {
    ask("FLUSHDB");
    begin_session("w");
    run("p");
    std::atomic<bool> go{false};
    std::vector<std::future<void>> producers;
    for (int t = 0; t < 4; ++t) {
      producers.push_back(std::async(std::launch::async, [&, t] {
        redis::Connection own(connection.settings());
        own.run(redis::Batch{}.add("PING"));
        while (!go) {
        }
        for (int i = 0; i < 150; ++i) {
          const JobRecord record = child(fmt::format("c{}-{}", t, i), {"p"});
          own.run(protocol::enqueue(std::span(&record, 1), Position::back));
        }
      }));
    }
    go = true;
    while (ask("SCARD", dependents("p")).number < 100) {
    }
    finish("p");
    for (auto& producer : producers) producer.get();

    const auto ids = queue();
    EXPECT_EQ(ids.size(), 600U);
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 600U);
    EXPECT_EQ(ask("EXISTS", "rq:deferred:q", "rqpp:releases").number, 0);
  }
}

TEST_F(DependenciesTest, ParentsThatEndAtOnceQueueTheirCommonChildrenOnce) {
  constexpr int kParents = 40;
  constexpr int kChildren = 30;
  for (int round = 0; round < 3; ++round) {
    ask("FLUSHDB");
    begin_session("w");
    std::vector<std::string> parents;
    for (int i = 0; i < kParents; ++i) {
      parents.push_back("p" + std::to_string(i));
      run(parents.back());
    }
    for (int i = 0; i < kChildren; ++i) enqueue(child("c" + std::to_string(i), parents));
    std::vector<std::future<void>> workers;
    for (int t = 0; t < 4; ++t) {
      workers.push_back(std::async(std::launch::async, [&, t] {
        redis::Connection own(connection.settings());
        for (int i = t; i < kParents; i += 4)
          end(own, job(parents[static_cast<std::size_t>(i)]), true);
      }));
    }
    for (auto& worker : workers) worker.get();

    const auto ids = queue();
    EXPECT_EQ(ids.size(), static_cast<std::size_t>(kChildren));
    EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), ids.size());
    EXPECT_EQ(ask("EXISTS", "rq:deferred:q", "rqpp:releases").number, 0);
  }
}

// ---- costs

TEST_F(DependenciesTest, CostsGrowWithTheEdgesAlone) {
  const auto cost_of = [this](int parents, int children) {
    ask("FLUSHDB");
    begin_session("w");
    std::vector<std::string> ids;
    for (int i = 0; i < parents; ++i) {
      ids.push_back("p" + std::to_string(i));
      run(ids.back());
    }
    for (int i = 0; i < children; ++i) enqueue(child("c" + std::to_string(i), ids));
    test::reset_counts(admin());
    for (const std::string& id : ids) finish(id);
    const auto counts = test::command_counts(admin());
    EXPECT_EQ(counts.count("smembers") + counts.count("hgetall") + counts.count("keys"), 0U);
    return test::total(counts);
  };
  cost_of(1, 1);  // the scripts are known from here on

  constexpr std::int64_t kSettle = 15;
  const auto edges = [](std::int64_t cost, int parents) { return cost - kSettle * parents; };
  // RQ: 3409 commands for 200 children of one parent, 2097 for one child of 40.
  EXPECT_LE(edges(cost_of(1, 1), 1), 12);
  EXPECT_LE(edges(cost_of(1, 200), 1), 6 * 200 + 10);
  EXPECT_LE(edges(cost_of(40, 1), 40), 40 * 10);
  EXPECT_LE(edges(cost_of(20, 20), 20), 400 * 5 + 20 * 8);
}

TEST_F(DependenciesTest, EnqueueingAChildIsFourCommandsAndTwoPerParent) {
  run("p1");
  run("p2");
  enqueue(child("warm", {"p1", "p2"}));

  test::reset_counts(admin());
  enqueue(child("c", {"p1", "p2"}));

  EXPECT_EQ(test::command_counts(admin()),
            (std::map<std::string, std::int64_t>{
                {"hset", 1}, {"evalsha", 1}, {"hget", 2}, {"sadd", 3}, {"zadd", 1}}));
}

}  // namespace
}  // namespace rqpp::protocol
