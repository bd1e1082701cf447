// A queue in memory is only worth something if it does what Redis does: the same batches go to
// both.

#include <cmath>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "in_memory/commands.h"
#include "in_memory/memory_session.h"
#include "protocol/keys.h"
#include "protocol/new_job.h"
#include "protocol/queries.h"
#include "protocol/registry.h"
#include "protocol/scheduling.h"
#include "protocol/transitions.h"
#include "support/redis_state.h"
#include "support/test_server.h"

namespace rqpp::in_memory {
namespace {

using namespace std::chrono_literals;
using protocol::Position;
using ::testing::HasSubstr;

constexpr Time kNow{1'000s};

protocol::JobRecord job(const std::string& id) {
  return {.id = id,
          .origin = "q",
          .status = Status::queued,
          .data = "D",
          .created_at = kNow,
          .enqueued_at = kNow,
          .timeout_seconds = 180};
}

/// The fields of a hash come in any order: those of the jobs that a claim took, by name.
std::vector<redis::Reply> in_order(std::vector<redis::Reply> replies, const redis::Batch& batch) {
  const redis::Script* script = batch.commands().front().script;
  if (script == nullptr || script->name() != "claim") return replies;
  for (redis::Reply& started : replies.at(0).elements.at(0).elements) {
    std::map<std::string, std::string> fields;
    std::vector<redis::Reply>& pairs = started.elements.at(3).elements;
    for (std::size_t i = 0; i < pairs.size(); i += 2) fields[pairs[i].text] = pairs[i + 1].text;
    std::size_t i = 0;
    for (const auto& [name, value] : fields) {
      pairs[i++].text = name;
      pairs[i++].text = value;
    }
  }
  return replies;
}

class SameAsRedis : public test::RedisTest {
 protected:
  /// What Redis answers; the memory answers the same and holds the same keys then.
  std::vector<redis::Reply> both(const redis::Batch& batch) {
    std::vector<redis::Reply> real = connection.run(batch);
    EXPECT_EQ(in_order(memory.run(batch), batch), in_order(real, batch)) << to_text(batch);
    const auto ask = [this](std::vector<std::string> words) {
      return memory.run(redis::Batch{}.add_words(words)).at(0);
    };
    EXPECT_EQ(test::dump_keys(ask), test::dump_keys(connection)) << to_text(batch);
    return real;
  }

  void enqueue(const protocol::JobRecord& job, Position where = Position::back) {
    both(protocol::enqueue(std::span(&job, 1), where));
  }

  protocol::Execution start(bool shown = true) {
    const protocol::ClaimRequest request{.claimant = {.worker = "w"},
                                         .queues = {"empty", "q"},
                                         .execution_ids = {"e" + std::to_string(++runs_)},
                                         .show = shown};
    both(protocol::begin_session(request.claimant));
    const auto reply = both(protocol::claim(request, 90s, kNow)).at(0);
    return protocol::read_claim(reply, "w").started.at(0).run;
  }

  MemorySession memory{{}, Serializer::pickle};

 private:
  int runs_ = 0;
};

TEST_F(SameAsRedis, InEveryStepOfJobs) {
  both(protocol::announce_queue("q"));
  enqueue(job("finishes"));
  enqueue(job("fails"));
  enqueue(job("waits"));
  enqueue(job("first"), Position::front);
  both(protocol::queue_page("q", 0, 100));
  both(protocol::queue_counts("q"));

  const auto first = start();
  both(protocol::renew(std::span(&first, 1), 90s, kNow + 30s));
  both(protocol::save_meta("first", "M"));
  both(protocol::put_back(first, {.due = kNow + 60s, .retries_left = 2}, kNow));
  const auto finishes = start(false);
  both(protocol::settle(job("finishes"), finishes, protocol::Succeeded{"V"}, {kNow, kNow}, 500s));
  const auto fails = start();
  both(protocol::settle(job("fails"), fails, protocol::Failed{"no"}, {kNow, kNow}));
  both(protocol::requeue("fails", Position::front, kNow));
  both(protocol::cancel("waits", kNow));
  both(protocol::cancel("waits", kNow));
  both(protocol::delete_job("first", kNow));
  both(protocol::delete_job("nobody", kNow));
  both(protocol::registry_page(RegistryKind::failed, "q", 0, 100));
  both(protocol::fetch_jobs(std::vector<std::string>{"finishes", "nobody"}));
  EXPECT_EQ(both(protocol::empty_slice("q", 100, kNow)).at(0).number, 1);
}

TEST_F(SameAsRedis, WithEveryTimeToLive) {
  protocol::JobRecord brief = job("brief");
  brief.ttl_seconds = 60;
  enqueue(brief);
  brief.result_ttl_seconds = 0;
  both(protocol::settle(brief, start(), protocol::Succeeded{}, {kNow, kNow}, 500s));
  protocol::JobRecord kept = job("kept");
  kept.result_ttl_seconds = kept.failure_ttl_seconds = -1;
  enqueue(kept);
  both(protocol::settle(kept, start(), protocol::Succeeded{"V"}, {kNow, kNow}, 500s));
  enqueue(job("failed"));
  kept.id = "failed";
  both(protocol::settle(kept, start(), protocol::Stopped{"stop"}, {kNow, kNow}));
}

TEST_F(SameAsRedis, WhenJobsBecomeDue) {
  const std::vector<std::string> queues{"q", "empty"};
  std::vector<protocol::JobRecord> jobs{
      protocol::scheduled(job("j1"), kNow + 10s, Position::back),
      protocol::scheduled(job("j2"), kNow + 10s, Position::front)};
  both(protocol::schedule(jobs, kNow + 10s));
  both(protocol::next_due(queues));
  both(protocol::hold_queues("7", queues, 61s));
  both(protocol::enqueue_due("8", queues, 100, kNow + 20s));
  both(protocol::enqueue_due("7", queues, 100, kNow + 9s));
  both(protocol::enqueue_due("7", queues, 100, kNow + 20s));
  both(protocol::release_queues("7", queues));
}

TEST_F(SameAsRedis, WhereAKeyHasAWrongType) {
  ask("SET", "rq:queue:q", "text");
  memory.run(redis::Batch{}.add("SET", "rq:queue:q", "text"));
  const protocol::ClaimRequest request{
      .claimant = {.worker = "w"}, .queues = {"q"}, .execution_ids = {"e"}};

  const auto text = [](const auto& run) {
    try {
      run();
    } catch (const CommandError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  both(protocol::claim(request, 90s, kNow));
  const redis::Batch size = protocol::queue_size("q");

  EXPECT_THAT(text([&] { memory.run(size); }), HasSubstr("WRONGTYPE"));
  EXPECT_EQ(text([&] { memory.run(size); }), text([&] { connection.run(size); }));
}

TEST_F(SameAsRedis, WhereListsAreCut) {
  both(redis::Batch{}
           .add("RPUSH", "l", "a", "b", "c", "d")
           .add("LINDEX", "l", 0)
           .add("LINDEX", "l", -2)
           .add("LINDEX", "l", 4)
           .add("LINDEX", "nobody", 0)
           .add("LTRIM", "l", -3, -1));
  both(redis::Batch{}.add("LTRIM", "l", 1, 0).add("LTRIM", "nobody", 0, 1));
}

TEST(MemorySession, RefusesWhatItDoesNotKnow) {
  MemorySession memory({}, Serializer::pickle);

  EXPECT_THAT([&] { memory.run(redis::Batch{}.add("FLUSHALL")); },
              ::testing::ThrowsMessage<CommandError>(
                  HasSubstr("the in-memory queue does not know the command FLUSHALL")));
}

}  // namespace
}  // namespace rqpp::in_memory
