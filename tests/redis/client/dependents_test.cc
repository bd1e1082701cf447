#include <gmock/gmock.h>

#include "redis/client/client_test.h"

namespace rqpp {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class DependentsTest : public ClientTest {
 protected:
  AnyJob add(const std::string& id, Dependency parents = {}) {
    return queue.enqueue(Call{.function = "m.f"}, {.job_id = id, .depends_on = std::move(parents)});
  }
  std::string refusal_of(const std::string& id, Dependency parents) {
    try {
      add(id, std::move(parents));
    } catch (const InvalidArgument& error) {
      return error.what();
    }
    return "no refusal";
  }
};

TEST_F(DependentsTest, AJobTellsWhatItWaitsFor) {
  const AnyJob a = add("a");
  const AnyJob b = add("b", {a, "vanished"});

  EXPECT_EQ(b.status(), Status::deferred);
  EXPECT_THAT(b.info().dependency_ids, ElementsAre("a", "vanished"));
  EXPECT_THAT(queue.ids(), ElementsAre("a"));
}

TEST_F(DependentsTest, ManyJobsWaitForTheSame) {
  const AnyJob a = add("a");

  const auto jobs =
      queue.enqueue_many(std::vector<Call>(250, Call{.function = "m.f"}), {.depends_on = a});

  EXPECT_EQ(ask("ZCARD", "rq:deferred:q").number, 250);
  EXPECT_EQ(ask("SCARD", "rq:job:a:dependents").number, 250);
  EXPECT_EQ(jobs.front().status(), Status::deferred);
}

TEST_F(DependentsTest, ManyJobsThatNeedNotWaitKeepTheirOrderAtTheFront) {
  const auto jobs = queue.enqueue_many(std::vector<Call>(250, Call{.function = "m.f"}),
                                       {.at_front = true, .depends_on = "vanished"});

  const auto ids = queue.ids(0, 250);
  ASSERT_EQ(ids.size(), 250U);
  for (std::size_t i = 0; i < ids.size(); ++i) EXPECT_EQ(ids[i], jobs[i].id());
}

TEST_F(DependentsTest, CancelLeavesThemWaiting) {
  AnyJob a = add("a");
  const AnyJob b = add("b", a);

  a.cancel();

  EXPECT_EQ(b.status(), Status::deferred);
}

TEST_F(DependentsTest, CancelMayEnqueueThem) {
  AnyJob a = add("a");
  const AnyJob b = add("b", a);
  const AnyJob c = add("c", {"a", "b"});

  a.cancel({.enqueue_dependents = true});

  EXPECT_EQ(b.status(), Status::queued);
  EXPECT_EQ(c.status(), Status::deferred);
  EXPECT_THAT(queue.ids(), ElementsAre("b"));
}

TEST_F(DependentsTest, CancelMayBeRepeatedToEnqueueThem) {
  AnyJob a = add("a");
  const AnyJob b = add("b", a);
  a.cancel();

  a.cancel({.enqueue_dependents = true});

  EXPECT_EQ(b.status(), Status::queued);
}

TEST_F(DependentsTest, CancelReleasesThoseForWhomThatWillDo) {
  AnyJob a = add("a");
  const AnyJob b = add("b", {a, {.allow_stop = true}});
  const AnyJob c = add("c", a);

  a.cancel();

  EXPECT_EQ(b.status(), Status::queued);
  EXPECT_EQ(c.status(), Status::deferred);
  EXPECT_EQ(ask("EXISTS", "rqpp:releases").number, 0);
}

TEST_F(DependentsTest, CancelMayMakeParentsForgetTheJob) {
  add("a");
  AnyJob b = add("b", "a");

  b.cancel({.remove_from_dependencies = true});

  EXPECT_EQ(ask("EXISTS", "rq:job:a:dependents").number, 0);
}

TEST_F(DependentsTest, RemoveMayTakeThemAlong) {
  AnyJob a = add("a");
  const AnyJob b = add("b", a);
  const AnyJob c = add("c", b);

  a.remove({.dependents = true});

  EXPECT_FALSE(a.exists());
  EXPECT_FALSE(b.exists());
  EXPECT_EQ(c.status(), Status::deferred);
  EXPECT_EQ(ask("ZCARD", "rq:deferred:q").number, 1);
}

TEST_F(DependentsTest, CyclesAreRefused) {
  add("a");
  add("b", "a");
  add("c", "b");

  EXPECT_EQ(refusal_of("a", "a"), "job 'a' cannot wait for itself");
  EXPECT_EQ(refusal_of("a", "c"),
            "job 'a' cannot wait for 'b': that waits, itself or over others, for 'a'");
  EXPECT_EQ(queue.job("a").status(), Status::queued);
  EXPECT_EQ(refusal_of("d", "c"), "no refusal");
}

}  // namespace
}  // namespace rqpp
