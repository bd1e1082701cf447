#pragma once

#include <future>
#include <string>
#include <utility>
#include <vector>

#include "codec/serialize.h"
#include "protocol/dependencies.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"
#include "support/redis_state.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp {

using namespace std::chrono_literals;

inline constexpr Task<long(int)> kSlowFib{"fib.slow_fib"};
inline constexpr Task<void(std::string)> kPrint{"m.print"};

/// A producer on an empty Redis, and somebody who does a worker's part.
class ClientTest : public test::RedisTest {
 protected:
  static QueueOptions options() { return {.url = test::server().url()}; }

  protocol::Execution start() {
    const protocol::ClaimRequest request{.claimant = {.worker = "w"},
                                         .queues = {"q"},
                                         .execution_ids = {"e" + std::to_string(++runs_)}};
    redis::Batch batch = protocol::begin_session(request.claimant);
    batch.append(protocol::claim(request, 90s, Time{1'000s}));
    const auto reply = connection.run(batch).at(1);
    return protocol::read_claim(reply, "w").started.at(0).run;
  }
  void succeed(const protocol::Execution& run, const Value& value) {
    const std::string bytes = value.is_null() ? "" : codec::serialize(value, Serializer::pickle);
    connection.run(protocol::settle({.id = run.job_id}, run, protocol::Succeeded{bytes},
                                    {Time{1'000s}, Time{1'001s}}, 500s));
  }
  void fail(const protocol::Execution& run, const std::string& text) {
    connection.run(protocol::settle({.id = run.job_id}, run, protocol::Failed{text},
                                    {Time{1'000s}, Time{1'001s}}));
  }
  void run_next(const Value& value) { succeed(start(), value); }

  /// Returns when as many clients as `count` block in Redis.
  void await_blocked_clients(int count) {
    const std::string line = "blocked_clients:" + std::to_string(count) + "\r";
    while (ask("INFO", "clients").text.find(line) == std::string::npos) {
    }
  }

  Queue queue{"q", options()};

 private:
  int runs_ = 0;
};

}  // namespace rqpp
