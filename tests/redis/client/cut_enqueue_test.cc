// Writes of many jobs that are cut anywhere: no hash is left that nothing would find.

#include <gmock/gmock.h>

#include <functional>
#include <set>

#include "redis/client/client_test.h"
#include "support/cutting_proxy.h"

namespace rqpp {
namespace {

struct Kind {
  const char* name;
  EnqueueOptions options;
  bool scheduled = false;
};

class CutEnqueue : public ClientTest, public ::testing::WithParamInterface<Kind> {
 protected:
  /// Cuts the connection after so many bytes of a write. Returns whether that was all of it.
  bool enqueue_some(std::size_t bytes) {
    test::CuttingProxy proxy(test::server().settings().unix_path);
    Queue cut("q", {.url = "unix://" + proxy.settings().unix_path});
    cut.enqueue(kSlowFib(1));  // announces the queue
    proxy.cut_after_sent(bytes);
    const std::vector<Call> calls(220, kSlowFib(1));
    try {
      if (GetParam().scheduled) {
        cut.enqueue_many_at(Time{4'000'000'000s}, calls, GetParam().options);
      } else {
        cut.enqueue_many(calls, GetParam().options);
      }
      return true;
    } catch (const ConnectionError&) {
      return false;
    }
  }
  void await_end_of_others() {
    while (ask("INFO", "clients").text.find("connected_clients:1\r") == std::string::npos) {
    }
  }

  std::set<std::string> known() {
    std::set<std::string> ids;
    const auto add = [&ids](const redis::Reply& reply) {
      for (const redis::Reply& id : reply.elements) ids.insert(id.text);
    };
    add(ask("LRANGE", "rq:queue:q", 0, -1));
    for (const char* key :
         {"rq:scheduled:q", "rq:deferred:q", "rq:rl:k:allowed", "rq:rl:k:rate_limited"}) {
      add(ask("ZRANGE", key, 0, -1));
    }
    return ids;
  }
  std::set<std::string> hashes() {
    std::set<std::string> ids;
    const std::string prefix = "rq:job:";
    for (const redis::Reply& key : ask("KEYS", "rq:job:*").elements) {
      if (ask("TYPE", key.text).text == "hash") ids.insert(key.text.substr(prefix.size()));
    }
    return ids;
  }
};

TEST_P(CutEnqueue, LeavesNoJobThatNothingFinds) {
  for (std::size_t bytes = 0;; bytes += 2'903) {
    ask("FLUSHDB");
    ask("HSET", "rq:job:parent", "data", "D", "origin", "other", "status", "started");
    ask("RPUSH", "rq:queue:q", "parent");  // it is known
    const bool all = enqueue_some(bytes);
    await_end_of_others();

    ASSERT_EQ(hashes(), known()) << bytes;
    if (all) return;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Client, CutEnqueue,
    ::testing::Values(Kind{"Plain", {}}, Kind{"AtTheFront", {.at_front = true}},
                      Kind{"WithATimeToLive", {.ttl = 1h}}, Kind{"Scheduled", {}, true},
                      Kind{"OfAGroup", {.group = "g"}},
                      Kind{"ThatWaitForOthers", {.depends_on = std::string("parent")}},
                      Kind{"WithALimit", {.concurrency_limit = {.key = "k", .jobs = 5}}}),
    [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace rqpp
