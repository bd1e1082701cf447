#include "scenarios.h"

#include <map>
#include <string>
#include <vector>

#include <rqpp/rqpp.h>

namespace scenarios {
namespace {

using namespace std::chrono_literals;
using rqpp::call;
using rqpp::EnqueueOptions;
using rqpp::Queue;
using rqpp::Value;

void add(Queue& queue, EnqueueOptions options) {
  if (options.job_id.empty()) options.job_id = "j1";
  queue.enqueue(call("twin.add", 2, 3), options);
}

void fail(Queue& queue, EnqueueOptions options) {
  options.job_id = "j1";
  queue.enqueue(call("twin.fail", "boom"), options);
}

void add_unique(Queue& queue) {
  for (int i = 0; i < 2; ++i) {
    try {
      add(queue, {.ttl = 50s, .unique = true});
    } catch (const rqpp::DuplicateJob&) {
    }
  }
}

void add_many(Queue& queue, const EnqueueOptions& options) {
  std::vector<rqpp::Call> calls;
  for (int n = 0; n < 3; ++n) calls.push_back(call("twin.add", n));
  queue.enqueue_many(calls, options);
}

/// A job and one that waits for it.
void add_after(Queue& queue, EnqueueOptions options) {
  add(queue, {});
  options.job_id = "j2";
  if (options.depends_on.job_ids().empty()) options.depends_on = "j1";
  add(queue, options);
}

void fail_and_after(Queue& queue, bool allow_failure) {
  fail(queue, {});
  add(queue, {.job_id = "j2",
              .depends_on = {"j1", rqpp::DependencyOptions{.allow_failure = allow_failure}}});
}

void add_many_after(Queue& queue) {
  add(queue, {});
  add_many(queue, {.depends_on = "j1"});
}

void add_group(Queue& queue) {
  std::vector<rqpp::Call> calls;
  for (int n = 0; n < 3; ++n) calls.push_back(call("twin.add", n));
  rqpp::Group(queue, "g").enqueue_many(queue, calls);
}

void long_text(Queue& queue) {
  queue.enqueue(call("twin.echo", std::string(5000, 'x')), {.job_id = "j1"});
}

const rqpp::ConcurrencyLimit kOneAtOnce{.key = "api", .jobs = 1};

constexpr rqpp::Time kIn2096{3'981'348'000s};

void add_later(Queue& queue, EnqueueOptions options) {
  options.job_id = "j1";
  queue.enqueue_at(kIn2096, call("twin.add", 2, 3), options);
}

using Scenario = void (*)(Queue&);

const std::map<std::string_view, Scenario>& table() {
  static const std::map<std::string_view, Scenario> scenarios{
      {"plain", [](Queue& q) { add(q, {}); }},
      {"keywords", [](Queue& q) { q.enqueue(call("twin.add", 2).with("b", 3), {.job_id = "j1"}); }},
      {"no arguments", [](Queue& q) { q.enqueue(call("twin.nothing"), {.job_id = "j1"}); }},
      {"long argument", long_text},
      {"timeout", [](Queue& q) { add(q, {.timeout = 30s}); }},
      {"no timeout", [](Queue& q) { add(q, {.timeout = rqpp::kForever}); }},
      {"ttl", [](Queue& q) { add(q, {.ttl = 50s}); }},
      {"result_ttl 30", [](Queue& q) { add(q, {.result_ttl = 30s}); }},
      {"result_ttl -1", [](Queue& q) { add(q, {.result_ttl = rqpp::kForever}); }},
      {"result_ttl 0", [](Queue& q) { add(q, {.result_ttl = 0s}); }},
      {"failing", [](Queue& q) { fail(q, {}); }},
      {"failure_ttl 30", [](Queue& q) { fail(q, {.failure_ttl = 30s}); }},
      {"failure_ttl -1", [](Queue& q) { fail(q, {.failure_ttl = rqpp::kForever}); }},
      {"failure_ttl 0", [](Queue& q) { fail(q, {.failure_ttl = 0s}); }},
      {"described", [](Queue& q) { add(q, {.description = "two and three"}); }},
      {"meta",
       [](Queue& q) {
         add(q, {.meta = Value::dict({{"who", "me"}, {"n", 1}})});
       }},
      {"retry", [](Queue& q) { fail(q, {.retry = {.max = 2}}); }},
      {"retry waits",
       [](Queue& q) {
         fail(q, {.retry = {.max = 3, .intervals = {60s, 90s}}});
       }},
      {"retry at front", [](Queue& q) { fail(q, {.retry = {.at_front = true}}); }},
      {"repeat", [](Queue& q) { add(q, {.repeat = {.times = 2}}); }},
      {"repeat waits",
       [](Queue& q) {
         add(q, {.repeat = {.times = 3, .intervals = {60s, 90s}}});
       }},
      {"repeat, result_ttl 0",
       [](Queue& q) { add(q, {.result_ttl = 0s, .repeat = {.intervals = {60s}}}); }},
      {"repeat, result_ttl -1",
       [](Queue& q) { add(q, {.result_ttl = rqpp::kForever, .repeat = {.times = 1}}); }},
      {"repeat, ttl", [](Queue& q) { add(q, {.ttl = 50s, .repeat = {.intervals = {60s}}}); }},
      {"repeat a failure", [](Queue& q) { fail(q, {.repeat = {.times = 2}}); }},
      {"at_front",
       [](Queue& q) {
         add(q, {});
         add(q, {.job_id = "j2", .at_front = true});
       }},
      {"many", [](Queue& q) { add_many(q, {}); }},
      {"unique", [](Queue& q) { add_unique(q); }},
      {"scheduled", [](Queue& q) { add_later(q, {}); }},
      {"scheduled ttl", [](Queue& q) { add_later(q, {.ttl = 50s}); }},
      {"scheduled at_front", [](Queue& q) { add_later(q, {.at_front = true}); }},
      {"due", [](Queue& q) { q.enqueue_in(0s, call("twin.add", 2, 3), {.job_id = "j1"}); }},
      {"child", [](Queue& q) { add(q, {.job_id = "j2", .depends_on = "j1"}); }},
      {"after another", [](Queue& q) { add_after(q, {}); }},
      {"after another, ttl", [](Queue& q) { add_after(q, {.ttl = 50s}); }},
      {"after another, at front",
       [](Queue& q) {
         add_after(q, {.depends_on = {"j1", {.at_front = true}}});
       }},
      {"after two",
       [](Queue& q) {
         add_after(q, {});
         add(q, {.job_id = "j3", .depends_on = {"j1", "j2"}});
       }},
      {"after nobody", [](Queue& q) { add(q, {.depends_on = "nobody"}); }},
      {"after a failure", [](Queue& q) { fail_and_after(q, false); }},
      {"after a failure that is allowed", [](Queue& q) { fail_and_after(q, true); }},
      {"many after another", add_many_after},
      {"group", add_group},
      {"callbacks",
       [](Queue& q) {
         add(q,
             {.on_success = "twin.note", .on_failure = "twin.note", .on_stopped = "twin.nothing"});
       }},
      {"limited",
       [](Queue& q) {
         add(q, {.concurrency_limit = kOneAtOnce});
         add(q, {.job_id = "j2", .concurrency_limit = kOneAtOnce});
       }},
      {"limited, failing",
       [](Queue& q) {
         fail(q, {.concurrency_limit = kOneAtOnce});
         add(q, {.job_id = "j2", .concurrency_limit = kOneAtOnce});
       }},
      {"limited, failing, retry waits",
       [](Queue& q) {
         fail(q, {.retry = {.intervals = {60s}}, .concurrency_limit = kOneAtOnce});
         add(q, {.job_id = "j2", .concurrency_limit = kOneAtOnce});
       }},
      {"limited, at front",
       [](Queue& q) {
         add(q, {.job_id = "j2"});
         add(q, {.at_front = true, .concurrency_limit = kOneAtOnce});
       }},
      {"limited, scheduled", [](Queue& q) { add_later(q, {.concurrency_limit = kOneAtOnce}); }},
      {"limited, after another", [](Queue& q) { add_after(q, {.concurrency_limit = kOneAtOnce}); }},
      {"webhooks",
       [](Queue& q) {
         add(q, {.webhooks = {{.url = "http://127.0.0.1:1/done"},
                              {.url = "http://127.0.0.1:1/x?y=1",
                               .job_status = rqpp::Status::failed,
                               .method = rqpp::Webhook::Method::post,
                               .headers = {{"X-Key", "abc"}},
                               .timeout = 5s}}});
       }},
      {"json", [](Queue& q) { add(q, {.serializer = rqpp::Serializer::json}); }},
  };
  return scenarios;
}

}  // namespace

int play(Queue& queue, std::string_view name) {
  const auto found = table().find(name);
  if (found == table().end()) {
    throw rqpp::InvalidArgument("there is no scenario '" + std::string(name) + "'");
  }
  found->second(queue);
  return 0;
}

}  // namespace scenarios
