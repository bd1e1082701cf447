#pragma once

#include <regex>
#include <string>
#include <vector>

#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "support/redis_state.h"
#include "support/test_server.h"

namespace rqpp::protocol {

using namespace std::chrono_literals;

inline constexpr Time kNow{1'000s};
inline constexpr Time kLater{1'010s};
inline const std::string kNowIso = "1970-01-01T00:16:40.000000Z";

/// The verbs of the protocol, on an empty Redis. The worker is `w`, its runs are `e1`, `e2`, …
class ProtocolTest : public test::RedisTest {
 protected:
  ProtocolTest() : RedisTest(test::server().settings()) { begin_session("w"); }

  /// From now on this worker may take jobs.
  void begin_session(const std::string& worker, std::int64_t session = 1) {
    connection.run(protocol::begin_session({.worker = worker, .session = session}));
  }
  static JobRecord job(const std::string& id, const std::string& queue = "q") {
    return {.id = id, .origin = queue, .status = Status::queued, .data = "D"};
  }

  void enqueue(const JobRecord& record, Position position = Position::back) {
    connection.run(protocol::enqueue(std::span(&record, 1), position));
  }

  Claim claim(std::vector<std::string> queues, int wanted = 1, bool look_into_inbox = false) {
    ClaimRequest request{.claimant = {.worker = "w"},
                         .queues = std::move(queues),
                         .look_into_inbox = look_into_inbox};
    for (int i = 1; i <= wanted; ++i) request.execution_ids.push_back("e" + std::to_string(i));
    return read_claim(connection.run(protocol::claim(request, 90s, kNow)).at(0), "w");
  }

  Execution start(const JobRecord& record) {
    enqueue(record);
    return claim({record.origin}).started.at(0).run;
  }
  /// As a run that is expected to be over at once.
  Execution start_unshown(const JobRecord& record) {
    enqueue(record);
    const ClaimRequest request{.claimant = {.worker = "w"},
                               .queues = {record.origin},
                               .execution_ids = {"e1"},
                               .show = false};
    const auto reply = connection.run(protocol::claim(request, 90s, kNow)).at(0);
    return read_claim(reply, "w").started.at(0).run;
  }

  Settled succeed(const JobRecord& record, const Execution& run, const std::string& value = "V") {
    return settle_as(record, run, Succeeded{value});
  }
  Settled fail(const JobRecord& record, const Execution& run, const std::string& error = "E") {
    return settle_as(record, run, Failed{error});
  }

  std::int64_t number(const redis::Batch& batch) { return connection.run(batch).at(0).number; }
  /// 1 if the worker has a lease now, else what the script said instead.
  std::int64_t born(const redis::Batch& batch) {
    const redis::Reply reply = connection.run(batch).at(0);
    return reply.is_text() ? 1 : reply.number;
  }
  /// All keys, but for the runs of workers that have none.
  std::string keys() {
    static const std::regex no_runs("rqpp:runs:\\w+ zset begun=1999999 session-1=-1\n");
    return std::regex_replace(test::dump_keys(admin()), no_runs, "");
  }
  /// The worker's runs and what is known of them, without what stands for the worker itself.
  std::vector<std::string> runs_of(const std::string& worker) {
    std::vector<std::string> all;
    for (std::string& member : read_ids(ask("ZRANGE", "rqpp:runs:" + worker, 0, -1))) {
      if (member.find(':') != std::string::npos) all.push_back(std::move(member));
    }
    return all;
  }
  std::string status(const std::string& id) { return ask("HGET", "rq:job:" + id, "status").text; }
  std::int64_t ttl(const std::string& key) { return ask("TTL", key).number; }
  std::string score(const std::string& key, const std::string& member) {
    return ask("ZSCORE", key, member).text;
  }

  static std::vector<std::string> ids(const Claim& claim) {
    std::vector<std::string> result;
    for (const auto& started : claim.started) result.push_back(started.run.job_id);
    return result;
  }

 private:
  Settled settle_as(const JobRecord& record, const Execution& run, const Succeeded& outcome) {
    return read_settled(connection.run(settle(record, run, outcome, {kNow, kLater}, 500s)).at(0));
  }
  Settled settle_as(const JobRecord& record, const Execution& run, const Failed& outcome) {
    return read_settled(connection.run(settle(record, run, outcome, {kNow, kLater})).at(0));
  }
};

}  // namespace rqpp::protocol
