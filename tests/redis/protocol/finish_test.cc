#include <gmock/gmock.h>

#include <regex>

#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

class FinishScript : public ProtocolTest {
 protected:
  std::vector<Execution> start_unshown_all(const std::vector<std::string>& ids) {
    ClaimRequest request{.claimant = {.worker = "w"}, .queues = {"q"}, .show = false};
    for (const std::string& id : ids) {
      enqueue(job(id));
      request.execution_ids.push_back("e" + id);
    }
    std::vector<Execution> runs;
    for (Started& it :
         read_claim(connection.run(protocol::claim(request, 90s, kNow)).at(0), "w").started) {
      runs.push_back(std::move(it.run));
    }
    return runs;
  }

  std::vector<bool> finish(const std::vector<Execution>& runs, std::chrono::seconds ttl = 500s) {
    std::vector<Finished> ends;
    for (const Execution& run : runs) ends.push_back({run, "V", {kNow, kLater}});
    return read_finish(connection.run(protocol::finish(ends, ttl, kLater)).at(0), ends.size());
  }

  static std::string without_ids(const std::string& keys) {
    return std::regex_replace(keys, std::regex("[0-9]+-[0-9]+="), "");
  }
};

TEST_F(FinishScript, DoesWhatSettleDoes) {
  succeed(job("j1"), start_unshown(job("j1")));
  const std::string settled = without_ids(keys());
  ask("FLUSHDB");
  begin_session("w");

  EXPECT_THAT(finish({start_unshown(job("j1"))}), testing::ElementsAre(true));

  EXPECT_EQ(without_ids(keys()), settled);
}

TEST_F(FinishScript, MakesAStreamThatGoesOnAsAnyOther) {
  finish({start_unshown(job("j1"))});

  const ResultRecord result = read_results(connection.run(latest_results("j1", 1)).at(0)).at(0);
  EXPECT_EQ(result.id, "1010000-0");
  EXPECT_EQ(result.return_value, "V");
  EXPECT_EQ(ask("XADD", "rq:results:j1", "*", "type", "2").type, redis::Reply::Type::string);
  EXPECT_EQ(ask("XLEN", "rq:results:j1").number, 2);
  EXPECT_EQ(ask("XRANGE", "rq:results:j1", "-", "+").elements.size(), 2U);
}

TEST_F(FinishScript, LeavesWhatIsNotAsUsualToSettle) {
  std::vector<Execution> runs =
      start_unshown_all({"plain", "canceled", "parent", "deleted", "again", "lost"});
  connection.run(cancel("canceled", kNow));
  ask("SADD", "rq:job:parent:dependents", "child");
  ask("DEL", "rq:job:deleted");
  ask("XADD", "rq:results:again", "*", "type", "2");
  ask("ZREM", "rqpp:runs:w", "lost:elost");

  EXPECT_THAT(finish(runs), testing::ElementsAre(true, false, false, false, false, false));

  EXPECT_EQ(status("plain"), "finished");
  EXPECT_EQ(status("parent"), "queued");
  EXPECT_EQ(ask("EXISTS", "rq:job:deleted", "rq:results:parent", "rq:results:lost").number, 0);
  EXPECT_EQ(ask("XLEN", "rq:results:again").number, 1);
  EXPECT_THAT(runs_of("w"), testing::SizeIs(4));
  EXPECT_EQ(ask("ZCARD", "rq:finished:q").number, 1);
}

TEST_F(FinishScript, KeepsNothingOfAJobWhoseResultNobodyWants) {
  const std::vector<Execution> runs = start_unshown_all({"a", "b"});

  EXPECT_THAT(finish(runs, 0s), testing::ElementsAre(true, true));

  EXPECT_EQ(keys(), R"(
rq:worker:w hash current_job=b current_job_working_time=0 state=busy
)");
}

TEST_F(FinishScript, LeavesAllWhereAKeyIsOfAWrongType) {
  const std::vector<Execution> runs = start_unshown_all({"a", "b"});
  ask("SET", "rq:finished:q", "x");

  EXPECT_THAT(finish(runs), testing::ElementsAre(false, false));

  EXPECT_EQ(ask("EXISTS", "rq:results:a", "rq:results:b").number, 0);
  EXPECT_THAT(runs_of("w"), testing::SizeIs(2));
  EXPECT_EQ(status("a"), "queued");
}

TEST_F(FinishScript, HappensOnce) {
  const std::vector<Execution> runs = start_unshown_all({"a"});

  EXPECT_THAT(finish(runs), testing::ElementsAre(true));
  EXPECT_THAT(finish(runs), testing::ElementsAre(false));
}

}  // namespace
}  // namespace rqpp::protocol
