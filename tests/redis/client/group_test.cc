#include <rqpp/group.h>

#include <gmock/gmock.h>

#include <set>

#include "redis/client/client_test.h"

namespace rqpp {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

class GroupTest : public ClientTest {
 protected:
  std::vector<std::string> ids_of(const Group& of) {
    std::vector<std::string> ids;
    Group::Page page;
    do {
      page = of.jobs(page.next);
      for (const AnyJob& job : page.jobs) ids.push_back(job.id());
    } while (!page.next.empty());
    return ids;
  }
  void stop(const protocol::Execution& run) {
    const auto reply =
        connection
            .run(protocol::settle({.id = run.job_id}, run, protocol::Stopped{"stopped"},
                                  {Time{1'000s}, Time{1'001s}}))
            .at(0);
    release(run.job_id, Status::stopped, protocol::read_settled(reply));
  }
  void end(const protocol::Execution& run) {
    const auto reply = connection
                           .run(protocol::settle({.id = run.job_id}, run, protocol::Succeeded{},
                                                 {Time{1'000s}, Time{1'001s}}, 500s))
                           .at(0);
    release(run.job_id, Status::finished, protocol::read_settled(reply));
  }
  void release(const std::string& id, Status status, const protocol::Settled& settled) {
    ASSERT_TRUE(settled.dependents);
    connection.run(protocol::release(
        {.job_id = id, .status = status, .dependents = settled.dependents->names, .last = true},
        Time{1'001s}));
  }

  Group group{queue, "g"};
};

TEST_F(GroupTest, HoldsJobsOfSeveralQueues) {
  const Job<long> one = group.enqueue(queue, kSlowFib(20));
  const auto more =
      group.enqueue_many(queue.sibling("other"), std::vector{kSlowFib(1), kSlowFib(2)});

  EXPECT_EQ(group.size(), 3);
  EXPECT_THAT(ids_of(group), UnorderedElementsAre(one.id(), more[0].id(), more[1].id()));
  EXPECT_EQ(one.info().group, "g");
  EXPECT_EQ(queue.sibling("other").size(), 2);
  EXPECT_EQ(ask("SISMEMBER", "rq:groups", "g").number, 1);
}

TEST_F(GroupTest, CostsTwoCommandsMore) {
  queue.enqueue(kSlowFib(20));
  test::reset_counts(connection);

  group.enqueue(queue, kSlowFib(20));

  EXPECT_EQ(test::command_counts(connection),
            (std::map<std::string, std::int64_t>{{"sadd", 2}, {"hset", 1}, {"rpush", 1}}));
}

TEST_F(GroupTest, GetsANameOfItsOwn) {
  EXPECT_THAT(Group(queue).name(), SizeIs(32));
  EXPECT_THROW(Group(queue, std::string(600, 'x')).enqueue(queue, kSlowFib(1)), InvalidArgument);
}

TEST_F(GroupTest, ComesByPages) {
  const auto jobs = group.enqueue_many(queue, std::vector<Call>(350, Call{.function = "m.f"}));

  const auto ids = ids_of(group);

  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), jobs.size());
}

TEST_F(GroupTest, ExistsWhileItHasJobs) {
  EXPECT_FALSE(Group::fetch(queue, "g"));
  AnyJob job = group.enqueue(queue, call("m.f"));
  EXPECT_TRUE(Group::fetch(queue, "g"));

  job.remove();

  EXPECT_FALSE(Group::fetch(queue, "g"));
}

TEST_F(GroupTest, ForgetsWhatHasExpired) {
  const AnyJob gone = group.enqueue(queue, call("m.f"));
  const AnyJob job = group.enqueue(queue, call("m.f"));
  ask("DEL", "rq:job:" + gone.id());

  EXPECT_EQ(group.clean(), 1);
  EXPECT_THAT(ids_of(group), UnorderedElementsAre(job.id()));
  ask("DEL", "rq:job:" + job.id());
  EXPECT_EQ(group.clean(), 1);

  EXPECT_EQ(ask("EXISTS", "rq:groups", "rq:group:g").number, 0);
}

TEST_F(GroupTest, IsRemovedWithItsJobs) {
  group.enqueue_many(queue, std::vector<Call>(250, Call{.function = "m.f"}));

  EXPECT_EQ(group.remove(), 250);

  EXPECT_EQ(ask("DBSIZE").number, 1);  // rq:queues
}

TEST_F(GroupTest, CallsBackOnceAllHaveEndedHoweverTheyDid) {
  group.enqueue_many(queue, std::vector<Call>(4, Call{.function = "m.f"}));
  const auto done = group.enqueue_when_done(queue, call<void>("m.done"));
  const auto first = start();
  const auto second = start();
  AnyJob third = queue.job(queue.ids().at(0));
  const AnyJob fourth = queue.job(queue.ids().at(1));

  end(first);
  stop(second);
  third.cancel();
  EXPECT_EQ(done.status(), Status::deferred);
  end(start());

  EXPECT_EQ(fourth.status(), Status::finished);
  EXPECT_EQ(done.status(), Status::queued);
  EXPECT_EQ(queue.size(), 1);
}

TEST_F(GroupTest, CallsBackAtOnceIfNothingIsLeftToDo) {
  const auto done = group.enqueue_when_done(queue, call<void>("m.done"));

  EXPECT_EQ(done.status(), Status::queued);
}

}  // namespace
}  // namespace rqpp
