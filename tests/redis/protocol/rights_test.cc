// No script writes half. Each is run by users that lack one right, command by command and key by
// key: it does all that it does with every right, or nothing.

#include "protocol/rights.h"

#include <algorithm>
#include <functional>
#include <ostream>
#include <regex>

#include <gmock/gmock.h>

#include "protocol/cron.h"
#include "protocol/dependencies.h"
#include "protocol/enqueue_writer.h"
#include "protocol/maintenance.h"
#include "protocol/repair.h"
#include "protocol/scheduling.h"
#include "protocol/scripts.h"
#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Words = std::vector<std::vector<std::string>>;

const Execution kRun{.id = "e1", .job_id = "j1", .queue = "q", .worker = "w"};
const Execution kHidden{.id = "e1", .job_id = "j1", .queue = "q", .worker = "w", .shown = false};
const RunTimes kTimes{kNow, kLater};

JobRecord new_job(const std::string& id) {
  return {.id = id, .origin = "q", .status = Status::queued, .data = "D", .created_at = kNow};
}

/// A state of Redis, and what is done to it.
struct Deed {
  std::string name{};
  Role role = Role::worker;
  Words before{};
  redis::Batch batch{};
  Words refused{};  // what is there when it was refused, if not what was before
};
void PrintTo(const Deed& deed, std::ostream* out) { *out << deed.name; }

const Words kSession{{"ZADD", "rqpp:runs:w", "-1", "session-1", "1999999", "begun"}};
const Words kQueued{{"HSET", "rq:job:j1", "data", "D", "status", "queued", "origin", "q"},
                    {"RPUSH", "rq:queue:q", "j1"}};
const Words kRunning{{"HSET", "rq:job:j1", "data", "D", "status", "started", "origin", "q"},
                     {"ZADD", "rq:wip:q", "1090", "j1:e1"},
                     {"SADD", "rq:worker:w:executions", "j1:e1"},
                     {"HSET", "rq:execution:j1:e1", "id", "e1"},
                     {"ZADD", "rq:executions:j1", "1150", "e1"},
                     {"ZADD", "rqpp:runs:w", "-1", "session-1", "1999999", "begun", "0", "j1:e1"}};
const Words kTaken{
    {"HSET", "rq:job:j1", "data", "D", "status", "queued", "origin", "q"},
    {"ZADD", "rqpp:runs:w", "-1", "session-1", "1999999", "begun", "1000000", "j1:e1"}};
const Words kSlot{{"HSET", "rq:job:j1", "rate_limit_key", "k", "rate_limit_concurrency", "1"},
                  {"SADD", "rq:rl-keys", "k"},
                  {"HSET", "rq:rl:k", "concurrency", "1"},
                  {"ZADD", "rq:rl:k:allowed", "900", "j1"},
                  {"ZADD", "rq:rl:k:rate_limited", "901", "j2"},
                  {"HSET", "rq:job:j2", "data", "D", "status", "rate_limited", "origin", "q"}};
const Words kChild{{"SADD", "rq:job:j1:dependents", "c1"},
                   {"SADD", "rq:job::c1:dependencies", "j1"},
                   {"HSET", "rq:job:c1", "data", "D", "status", "deferred", "origin", "q"},
                   {"ZADD", "rq:deferred:q", "900", "c1"}};
const Words kFailed{
    {"HSET", "rq:job:j1", "data", "D", "status", "failed", "origin", "q", "ttl", "50"},
    {"ZADD", "rq:failed:q", "2000", "j1"},
    {"XADD", "rq:results:j1", "1-1", "type", "2"}};

Words operator+(Words a, const Words& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

std::vector<Deed> taking() {
  const auto claim_of = [](std::vector<std::string> queues, bool show) {
    return claim({.claimant = {.worker = "w"},
                  .queues = std::move(queues),
                  .execution_ids = {"e1", "e2"},
                  .ahead = 1,
                  .begins_ahead = true,
                  .look_into_inbox = true,
                  .show = show},
                 90s, kNow);
  };
  const Words two =
      kSession + kQueued +
      Words{{"HSET", "rq:job:j2", "data", "D", "origin", "p"}, {"RPUSH", "rq:queue:p", "j2"}};
  const Words rated = kSession + kQueued +
                      Words{{"HSET", "rq:job:j1", "rqpp_rate_limit", "1 60 - k"},
                            {"RPUSH", "rqpp:rate:k", "99999999999"}};
  const Words wide = kSession + kQueued + [] {
    std::vector<std::string> fields{"HSET", "rq:job:j1"};
    for (int i = 0; i < 300; ++i) fields.insert(fields.end(), {"f" + std::to_string(i), "v"});
    return Words{fields};
  }();
  const Words arrived = kSession + Words{{"HSET", "rq:job:j1", "data", "D", "origin", "q"},
                                         {"HSET", "rq:worker:w", "birth", "1"}};
  return {{"claim", Role::worker, two, claim_of({"q", "p"}, true)},
          {"claim_quick", Role::worker, two, claim_of({"q", "p"}, false)},
          {"claim_of_one_queue", Role::worker, kSession + kQueued, claim_of({"q"}, false)},
          {"claim_of_a_rated_job", Role::worker, rated, claim_of({"q"}, true)},
          {"claim_of_a_job_with_a_colon", Role::worker,
           kSession + Words{{"HSET", "rq:job:a:b", "data", "D", "origin", "q"},
                            {"RPUSH", "rq:queue:q", "a:b"}},
           claim_of({"q"}, false)},
          {"claim_of_a_job_with_a_slot", Role::worker, kSession + kQueued + kSlot,
           claim_of({"q"}, false)},
          {"claim_of_a_job_with_many_fields", Role::worker, wide, claim_of({"q"}, true)},
          {"claim_of_the_inbox", Role::worker,
           kSession + Words{{"HSET", "rq:job:j1", "data", "D", "origin", "q"},
                            {"RPUSH", "rqpp:inbox:w", "j1"}},
           claim_of({"q"}, true),
           kSession + Words{{"HSET", "rq:job:j1", "data", "D", "origin", "q"},
                            {"RPUSH", "rq:queue:q", "j1"}}},
          {"claim_arrival", Role::worker, arrived + Words{{"RPUSH", "rqpp:inbox:w", "j1"}},
           claim_arrival({.claimant = {.worker = "w"}, .queue = "q", .execution_id = "e1"}),
           arrived + Words{{"RPUSH", "rq:queue:q", "j1"}}},
          {"give_back", Role::worker, Words{{"RPUSH", "rqpp:inbox:w", "j1"}},
           give_back("w", "q", "j1")}};
}

std::vector<Deed> ending() {
  const PutBack later{.due = kLater, .retries_left = 1};
  const auto succeeded = [](const Execution& run, const JobRecord& job) {
    return settle(job, run, Succeeded{"V"}, kTimes, 500s);
  };
  JobRecord gone = new_job("j1");
  gone.result_ttl_seconds = 0;
  const Finished end{.run = kHidden, .return_value = "V", .times = kTimes};
  return {{"settle", Role::worker, kRunning, succeeded(kRun, new_job("j1"))},
          {"settle_quick", Role::worker, kTaken, succeeded(kHidden, new_job("j1"))},
          {"settle_again", Role::worker,
           kRunning + Words{{"XADD", "rq:results:j1", "1-1", "type", "1"}},
           succeeded(kRun, new_job("j1"))},
          {"settle_and_delete", Role::worker, kRunning + kChild, succeeded(kRun, gone)},
          {"settle_with_children", Role::worker, kRunning + kChild, succeeded(kRun, new_job("j1"))},
          {"settle_with_a_slot", Role::worker, kRunning + kSlot, succeeded(kRun, new_job("j1"))},
          {"settle_a_failure", Role::worker, kRunning,
           settle(new_job("j1"), kRun, Failed{"E"}, kTimes)},
          {"settle_and_repeat", Role::worker, kRunning,
           settle(new_job("j1"), kRun, Succeeded{"V"}, kTimes, 500s, PutBack{.repeats_left = 1})},
          {"settle_and_repeat_later", Role::worker, kRunning,
           settle(new_job("j1"), kRun, Succeeded{"V"}, kTimes, 500s, later)},
          {"finish", Role::worker, kTaken, finish(std::span(&end, 1), 500s, kLater)},
          {"finish_and_delete", Role::worker, kTaken, finish(std::span(&end, 1), 0s, kLater)},
          {"put_back", Role::worker, kRunning + Words{{"HSET", "rq:job:j1", "ttl", "50"}},
           put_back(kRun, {}, kNow)},
          {"put_back_later", Role::worker, kRunning + kSlot, put_back(kRun, later, kNow)},
          {"renew", Role::worker, kTaken, renew(std::span(&kRun, 1), 90s, kNow)},
          {"save_meta", Role::worker, kRunning, save_meta("j1", "M")},
          {"release", Role::worker,
           kFailed + kChild +
               Words{{"HSET", "rq:job:c1", "ttl", "9", "allow_dependency_failures", "1"},
                     {"ZADD", "rqpp:releases", "1", "j1"}},
           release({.job_id = "j1", .status = Status::failed, .dependents = {"c1"}, .last = true},
                   kNow)}};
}

std::vector<Deed> living() {
  const WorkerRecord worker{.name = "w", .queues = {"q"}, .state = "started"};
  const Words lost =
      kRunning + Words{{"ZADD", "rqpp:leases", "1", "w"},
                       {"ZADD", "rqpp:runs:h", "-1", "session-1", "1999999", "begun"},
                       {"HSET", "rq:worker:w", "queues", "q", "current_job", "j1"},
                       {"HSET", "rq:worker:w", "rqpp_worker", "w"},
                       {"SADD", "rq:workers", "rq:worker:w"},
                       {"SADD", "rq:workers:q", "rq:worker:w"},
                       {"HSET", "rq:job:j9", "data", "D", "origin", "q"},
                       {"RPUSH", "rqpp:inbox:w", "j9"}};
  const Words stuck{{"HSET", "rq:job:j3", "data", "D", "status", "queued", "origin", "q"},
                    {"RPUSH", "rq:queue:q:intermediate", "j3"},
                    {"SET", "rq:queue:q:intermediate:first_seen:j3", "1"}};
  return {
      {"birth", Role::worker, lost, birth(worker, {.worker = "new"}, {}, "w")},
      {"death", Role::worker, lost, death({.worker = "w"}, worker.queues, kNow)},
      {"lease", Role::worker, lost, renew_lease("w", 10s, "1")},
      {"resume", Role::worker, lost, resume({.worker = "w", .session = 2}, 10s)},
      {"inherit", Role::worker, lost,
       inherit({.lost = "w", .heir = {.worker = "h"}, .execution_ids = {"n1", "n2"}}, {}, kNow)},
      {"take_abandoned", Role::worker,
       kRunning + stuck +
           Words{{"ZADD", "rq:wip:q", "900", "j1:e1"},
                 {"ZADD", "rqpp:runs:h", "-1", "session-1", "1999999", "begun"}},
       take_abandoned({.queue = "q", .heir = {.worker = "h"}, .execution_ids = {"n1", "n2", "n3"}},
                      kNow)},
      {"clean_queue", Role::worker,
       Words{{"ZADD", "rq:finished:q", "1", "a"},
             {"ZADD", "rq:failed:q", "1", "b"},
             {"XADD", "rq:results:b", "1-1", "type", "2"},
             {"ZADD", "rq:ready:q", "1", "j1"},
             {"HSET", "rq:job:j1", "data", "D", "status", "ready_to_enqueue", "ttl", "5"}},
       clean_queue("q", kNow)},
      {"clean_slots", Role::worker, kSlot, clean_slots("k", "0", kNow)},
      {"clean_group", Role::worker,
       Words{{"SADD", "rq:group:g", "gone"}, {"SADD", "rq:groups", "g"}}, clean_group("g", "0")},
      {"clean_workers", Role::worker,
       Words{{"SADD", "rq:workers:q", "rq:worker:x"}, {"SADD", "rq:workers", "rq:worker:x"}},
       clean_workers("q", "0")}};
}

std::vector<Deed> scheduling_deeds() {
  const std::vector<std::string> queues{"q"};
  const Words due{
      {"HSET", "rq:job:j1", "data", "D", "status", "scheduled", "origin", "q", "ttl", "9"},
      {"ZADD", "rq:scheduled:q", "900", "j1"},
      {"SET", "rq:scheduler-lock:q", "s"}};
  const Words waits =
      due + Words{{"HSET", "rq:job:j1", "rate_limit_key", "k", "rate_limit_concurrency", "1"}};
  JobRecord timed = new_job("cron-e-1000");
  timed.ttl_seconds = 50;
  return {{"hold_queues", Role::scheduler, {}, hold_queues("s", queues, 30s)},
          {"release_queues", Role::scheduler, due, release_queues("s", queues)},
          {"enqueue_due", Role::scheduler, due, enqueue_due("s", queues, 50, kNow)},
          {"enqueue_due_with_a_limit", Role::scheduler, waits, enqueue_due("s", queues, 50, kNow)},
          {"enqueue_cron", Role::cron, Words{{"SET", "rqpp:cron:g:leader", "me"}},
           enqueue_cron("g", "me", {.entry = "e", .due = std::chrono::sys_seconds{1'000s}}, timed,
                        kNow)}};
}

std::vector<Deed> producing_deeds() {
  JobRecord unique = new_job("j1");
  unique.ttl_seconds = 50;
  return {{"enqueue_unique",
           Role::producer,
           {},
           enqueue_unique(unique, Position::back, std::nullopt, {"f", 60s})},
          {"cancel", Role::operators, kQueued + kSlot, cancel("j1", kNow)},
          {"cancel_a_run", Role::operators,
           kRunning + Words{{"HSET", "rq:job:j1", "rqpp_tell_stop", "1"}}, cancel("j1", kNow)},
          {"delete_a_queued_job", Role::operators,
           kQueued + kSlot +
               Words{{"HSET", "rq:job:j1", "group_id", "g"}, {"SADD", "rq:group:g", "j1"}},
           delete_job("j1", kNow)},
          {"delete_a_run", Role::operators, kRunning, delete_job("j1", kNow)},
          {"requeue", Role::operators, kFailed, requeue("j1", Position::back, kNow)},
          {"requeue_with_a_limit", Role::operators, kFailed + kSlot,
           requeue("j1", Position::front, kNow)},
          {"empty", Role::operators, kQueued, empty_slice("q", 10, kNow)},
          {"forget_queue", Role::operators, Words{{"SADD", "rq:queues", "rq:queue:q"}},
           forget_queue("q")},
          {"put_back_stuck", Role::operators,
           Words{{"HSET", "rq:job:j3", "data", "D", "status", "queued", "origin", "q"},
                 {"RPUSH", "rq:queue:q:intermediate", "j3"},
                 {"SET", "rq:queue:q:intermediate:first_seen:j3", "1"}},
           put_back_stuck("q", "j3", kNow)},
          {"expire_results", Role::operators, Words{{"XADD", "rq:results:x", "1-1", "type", "1"}},
           expire_results("x")}};
}

std::vector<Deed> all_deeds() {
  std::vector<Deed> all;
  for (auto* some : {taking, ending, living, scheduling_deeds, producing_deeds}) {
    for (Deed& deed : some()) all.push_back(std::move(deed));
  }
  return all;
}

/// Times of Redis' own clock differ from run to run.
std::string without_clock(const std::string& dump) {
  static const std::regex times("[0-9]+\\.[0-9]+|[0-9]{10,}");
  return std::regex_replace(dump, times, "#");
}

class EachRight : public ProtocolTest, public ::testing::WithParamInterface<Deed> {
 protected:
  void TearDown() override { ask("ACL", "DELUSER", "limited"); }

  static redis::Settings limited() {
    redis::Settings settings = test::server().settings();
    settings.username = "limited";
    settings.password = "secret";
    return settings;
  }
  /// A user with the rights of the deed's role but for these.
  void make_user(std::string_view without) {
    Rights rights = rights_of(GetParam().role);
    std::vector<std::string> words{"ACL", "SETUSER", "limited", "reset", "on", ">secret"};
    for (const std::string& key : rights.keys) {
      if (key != without) words.push_back("~" + key);
    }
    for (const std::string& command : rights.commands) {
      if (command != without) words.push_back("+" + command);
    }
    admin().run(redis::Batch{}.add_words(words));
  }
  void prepare() { write(GetParam().before); }
  void write(const Words& commands) {
    ask("FLUSHDB");
    for (const auto& words : commands) admin().run(redis::Batch{}.add_words(words));
  }
  /// What is there when the deed is done. `errors` gets what was refused.
  std::string done_by(redis::Connection& user, std::string* errors = nullptr) {
    prepare();
    for (const redis::Reply& reply : user.try_run(GetParam().batch)) {
      if (reply.is_error() && errors != nullptr) *errors += reply.text + "\n";
    }
    return without_clock(keys());
  }
};

TEST_P(EachRight, ThatIsMissingLeavesNothingHalfDone) {
  make_user("");
  redis::Connection whole(limited());
  std::string errors;
  const std::string complete = done_by(whole, &errors);
  ASSERT_EQ(errors, "");
  prepare();
  const std::string before = without_clock(keys());
  write(GetParam().refused.empty() ? GetParam().before : GetParam().refused);
  const std::string refused = without_clock(keys());
  const Rights rights = rights_of(GetParam().role);
  std::vector<std::string> each = rights.commands;
  each.insert(each.end(), rights.keys.begin(), rights.keys.end());

  for (const std::string& right : each) {
    if (right == "select" || right == "ping") continue;
    make_user(right);
    redis::Connection user(limited());

    EXPECT_THAT(done_by(user), AnyOf(before, refused, complete)) << "without " << right;
  }
}

INSTANTIATE_TEST_SUITE_P(Of, EachRight, ::testing::ValuesIn(all_deeds()),
                         [](const auto& deed) { return deed.param.name; });

class MissingRightsTest : public ProtocolTest {
 protected:
  MissingRights of(const std::vector<std::string>& changes) {
    std::vector<std::string> words{"ACL", "SETUSER", "limited", "reset", "on", ">secret"};
    const Rights rights = rights_of(Role::worker);
    for (const std::string& key : rights.keys) words.push_back("~" + key);
    for (const std::string& channel : rights.channels) words.push_back("&" + channel);
    for (const std::string& command : rights.commands) words.push_back("+" + command);
    words.insert(words.end(), changes.begin(), changes.end());
    admin().run(redis::Batch{}.add_words(words));
    redis::Settings settings = test::server().settings();
    settings.username = "limited";
    settings.password = "secret";
    redis::Connection user(settings);
    const MissingRights missing = read_missing_rights(user.run(missing_rights(rights)).at(0));
    ask("ACL", "DELUSER", "limited");
    return missing;
  }
};

TEST_F(MissingRightsTest, AreNoneForWhoHasAll) { EXPECT_EQ(of({}), MissingRights{}); }

TEST_F(MissingRightsTest, AreNamed) {
  EXPECT_THAT(of({"-zadd", "-copy", "-client|unblock"}).commands,
              ElementsAre("client|unblock", "copy", "zadd"));
  EXPECT_THAT(of({"resetkeys", "~rq:*"}).keys, ElementsAre("rqpp:"));
  EXPECT_THAT(of({"resetchannels"}).channels, ElementsAre("__redis__:invalidate", "rq:pubsub:"));
}

TEST_F(MissingRightsTest, AreLookedForWithoutAWrite) {
  const std::string before = keys();
  of({"-hset"});
  EXPECT_EQ(keys(), before);
}

}  // namespace
}  // namespace rqpp::protocol
