#include "protocol/dependencies.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::protocol {
namespace {

using redis::to_text;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using namespace std::chrono_literals;

JobRecord child(std::string id, std::vector<std::string> parents) {
  return {.id = std::move(id),
          .origin = "q",
          .status = Status::deferred,
          .data = "D",
          .created_at = Time{1'000s},
          .dependency_ids = std::move(parents)};
}

std::vector<std::string> many_ids(int count) {
  std::vector<std::string> ids;
  for (int i = 0; i < count; ++i) ids.push_back("p" + std::to_string(i));
  return ids;
}

std::size_t scripts_in(const redis::Batch& batch) {
  const auto commands = batch.commands();
  return static_cast<std::size_t>(
      std::count_if(commands.begin(), commands.end(),
                    [](const auto& command) { return command.script != nullptr; }));
}

TEST(EnqueueOfAJobThatWaits, WritesItsHashAndLooksAtItsParentsInOneStep) {
  const JobRecord job = child("c", {"p1", "p2"});

  EXPECT_EQ(to_text(enqueue(std::span(&job, 1), Position::back)), R"(
defer(| q 1970-01-01T00:16:40.000000Z 1000 0 0 RPUSH "" 0 0 2 1 p1 p2 c 12 created_at 1970-01-01T00:16:40.000000Z data D status deferred origin q dependency_id p1 dependency_ids "[\"p1\", \"p2\"]")
)");
}

TEST(EnqueueOfAJobThatWaits, SaysWhatElseWillDo) {
  JobRecord job = child("c", {"p"});
  job.allow_dependency_failures = true;
  job.allow_dependency_stops = true;
  job.enqueue_at_front = true;
  job.ttl_seconds = 60;

  EXPECT_EQ(to_text(enqueue(std::span(&job, 1), Position::back)), R"(
defer(| q 1970-01-01T00:16:40.000000Z 1000 1 1 LPUSH 60 0 0 1 1 p c 20 created_at 1970-01-01T00:16:40.000000Z data D status deferred origin q ttl 60 dependency_id p dependency_ids "[\"p\"]" allow_dependency_failures 1 rqpp_allow_stops 1 enqueue_at_front 1)
)");
}

TEST(EnqueueOfAJobThatWaits, ScoresItForWorkersThatFailWhatIsTooOld) {
  JobRecord limited = child("c", {"p"});
  limited.ttl_seconds = 60;
  const JobRecord unlimited = child("c", {"p"});

  EXPECT_THAT(to_text(enqueue(std::span(&limited, 1), Position::back, DeferredScore::expiry)),
              HasSubstr(" 1060 0 0 RPUSH 60 "));
  EXPECT_THAT(to_text(enqueue(std::span(&unlimited, 1), Position::back, DeferredScore::expiry)),
              HasSubstr(" +inf 0 0 RPUSH "));
}

TEST(EnqueueOfAJobThatWaits, TakesAHundredEdgesPerScript) {
  std::vector<JobRecord> jobs;
  for (int i = 0; i < 250; ++i) jobs.push_back(child("c" + std::to_string(i), {"p"}));
  EXPECT_EQ(scripts_in(enqueue(jobs, Position::back)), 3);

  for (JobRecord& job : jobs) job.dependency_ids = {"p1", "p2"};
  EXPECT_EQ(scripts_in(enqueue(jobs, Position::back)), 5);
}

TEST(EnqueueOfAJobThatWaits, WritesAllDependenciesBeforeTheFirstParentKnows) {
  const JobRecord job = child("c", many_ids(250));

  const redis::Batch batch = enqueue(std::span(&job, 1), Position::back);

  ASSERT_EQ(batch.size(), 8);
  EXPECT_EQ(batch.commands()[1].args.front(), "SADD");
  EXPECT_EQ(batch.commands()[1].args.size(), 102);
  EXPECT_EQ(batch.commands()[3].args.size(), 52);
  EXPECT_EQ(batch.commands()[4].script->name(), "defer");
  EXPECT_EQ(batch.commands()[6].script->name(), "defer");
  EXPECT_EQ(batch.commands()[7].script->name(), "release");
}

TEST(EnqueueOfJobsThatWait, RunsTheFirstOneFirstAtTheFrontToo) {
  const std::vector<JobRecord> jobs{child("c1", {"p"}), child("c2", {"p"})};

  EXPECT_THAT(to_text(enqueue(jobs, Position::front)),
              HasSubstr(" LPUSH \"\" 0 0 1 2 p c2 c1 12 created_at"));
}

TEST(ReleaseTransition, NamesTheJobAndThoseThatWait) {
  const Release release{
      .job_id = "p", .status = Status::failed, .dependents = {"c1", "c2"}, .last = true};

  EXPECT_EQ(to_text(protocol::release(release, Time{1'000s})), R"(
release(rqpp:releases | p failed 1 1970-01-01T00:16:40.000000Z 1000 c1 c2)
)");
}

TEST(ReadRelease, SortsTheAnswers) {
  redis::Reply reply{.type = redis::Reply::Type::array};
  for (const std::int64_t answer : {1, 0, 2, -1}) {
    reply.elements.push_back({.type = redis::Reply::Type::integer, .number = answer});
  }

  const Released released = read_release(reply, std::vector<std::string>{"a", "b", "c", "d"});

  EXPECT_THAT(released.queued, ElementsAre("a"));
  EXPECT_THAT(released.again, ElementsAre("c"));
  EXPECT_THAT(released.gone, ElementsAre("d"));
}

}  // namespace
}  // namespace rqpp::protocol
