#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "codec/serialize.h"
#include "support/program.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;

class CliEnqueue : public RedisTest {
 protected:
  Ended enqueue(std::vector<std::string> words) {
    words.insert(words.begin(), "enqueue");
    return rqpp(std::move(words), {.environment = {{"RQ_REDIS_URL", server().url()}}});
  }

  JobInfo only_job(const std::string& queue_name = "default") {
    const auto ids = queue.sibling(queue_name).ids();
    if (ids.size() != 1) throw std::runtime_error("there is not one job");
    return queue.job(ids[0]).info();
  }

  Queue queue{"default", {.url = server().url()}};
};

TEST_F(CliEnqueue, PutsACallIntoTheQueueAndSaysSo) {
  const Ended ended = enqueue({"fib.slow_fib", ":20"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const JobInfo job = only_job();
  EXPECT_EQ(ended.out, "Enqueued fib.slow_fib(20) with job-id '" + job.id + "'.\n");
  EXPECT_THAT(ended.err, IsEmpty());
  EXPECT_EQ(job.call(), (Call{.function = "fib.slow_fib", .args = {20}}));
  EXPECT_EQ(job.description, "fib.slow_fib(20)");
  EXPECT_EQ(job.status, Status::queued);
  EXPECT_EQ(job.timeout, 180s);
}

TEST_F(CliEnqueue, TakesArgumentsInAllForms) {
  const Ended ended = enqueue({"m.f", "20", "[a,b]", "-5", ":[1,2]", R"(%(b"\x00", {1}))", "", "--",
                               "--wait", "k=v", "n:={\"a\": 1.5}", "t%=None"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(
      only_job().call(),
      (Call{.function = "m.f",
            .args = {"20", "[a,b]", "-5", Value::list({1, 2}),
                     Value::tuple({Bytes{std::string(1, '\0')}, Value::set({1})}), "", "--wait"},
            .kwargs = {{"k", "v"}, {"n", Value::dict({{"a", 1.5}})}, {"t", nullptr}}}));
}

TEST_F(CliEnqueue, AsksForReruns) {
  const Ended ended = enqueue({"--retry-max", "3", "--retry-interval", "5", "--retry-interval",
                               "1m", "--retry-at-front", "--repeat", "2", "--repeat-interval", "1h",
                               "--job-id", "j1", "m.f"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const auto fields = ask("HMGET", "rq:job:j1", "retries_left", "retry_intervals",
                          "enqueue_at_front_on_retry", "repeats_left", "repeat_intervals");
  std::vector<std::string> texts;
  for (const redis::Reply& field : fields.elements) texts.push_back(field.text);
  EXPECT_THAT(texts, ElementsAre("3", "[5, 60]", "1", "2", "[3600]"));
}

TEST_F(CliEnqueue, LimitsTheRate) {
  EXPECT_EQ(enqueue({"--rate-limit", "a=b=10/1m", "m.f"}).exit_code, 0);

  EXPECT_EQ(only_job().rate_limit, (RateLimit{.key = "a=b", .count = 10, .per = 60s}));
}

TEST_F(CliEnqueue, RefusesRateLimitsThatMakeNoSense) {
  EXPECT_THAT(enqueue({"--rate-limit", "api", "m.f"}).err, HasSubstr("use KEY=N/TIME"));
  EXPECT_THAT(enqueue({"--rate-limit", "api=x/1m", "m.f"}).err, HasSubstr("use KEY=N/TIME"));
  EXPECT_THAT(enqueue({"--rate-limit", "api=10/soon", "m.f"}).err, HasSubstr("soon"));
  EXPECT_THAT(enqueue({"--rate-limit", "=1/1m", "m.f"}).err, HasSubstr("rate_limit.key is ''"));
  EXPECT_THAT(enqueue({"--rate-limit", "api=0/1m", "m.f"}).err, HasSubstr("count is 0"));
}

TEST_F(CliEnqueue, AsksForWebhooks) {
  const Ended ended = enqueue({"--webhook", "http://h/x", "--webhook", "POST failed https://h/y",
                               "--webhook-header", "X-Key: a b", "--webhook-timeout", "1m",
                               "--job-id", "j1", "m.f"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ask("HGET", "rq:job:j1", "webhooks").text,
            R"([{"url": "http://h/x", "job_status": "finished", "method": "GET", )"
            R"("headers": {"X-Key": "a b"}, "timeout": 60}, )"
            R"({"url": "https://h/y", "job_status": "failed", "method": "POST", )"
            R"("headers": {"X-Key": "a b"}, "timeout": 60}])");
  EXPECT_THAT(
      rqpp({"job", "show", "j1", "--url", server().url()}).out,
      AllOf(HasSubstr("GET when finished http://h/x"), HasSubstr("POST when failed https://h/y")));
}

TEST_F(CliEnqueue, RefusesWebhooksThatMakeNoSense) {
  EXPECT_THAT(
      enqueue({"--webhook", "PUT http://h", "m.f"}).err,
      HasSubstr("before a webhook's URL stands 'PUT': use GET or POST, finished or failed"));
  EXPECT_THAT(enqueue({"--webhook", "failed", "m.f"}).err,
              HasSubstr("does not begin with http://"));
  EXPECT_THAT(enqueue({"--webhook", "", "m.f"}).err, HasSubstr("does not begin with http://"));
  EXPECT_THAT(enqueue({"--webhook", "http://h", "--webhook-header", "X", "m.f"}).err,
              HasSubstr("use 'NAME: VALUE'"));
  EXPECT_THAT(enqueue({"--webhook-header", "X: y", "m.f"}).err, HasSubstr("--webhook"));
  EXPECT_THAT(queue.ids(), IsEmpty());
}

TEST_F(CliEnqueue, RefusesRerunsThatMakeNoSense) {
  EXPECT_THAT(enqueue({"--retry-interval", "5", "m.f"}).err, HasSubstr("--retry-max"));
  EXPECT_THAT(enqueue({"--retry-max", "-1", "m.f"}).err, HasSubstr("retry.max is -1"));
  EXPECT_THAT(enqueue({"--retry-max", "1", "--retry-interval", "-5", "m.f"}).err,
              HasSubstr("-5 s is no wait"));
  EXPECT_THAT(enqueue({"--retry-max", "1", "--retry-interval", "soon", "m.f"}).err,
              HasSubstr("'soon' is no duration"));
  EXPECT_THAT(enqueue({"--repeat", "-1", "m.f"}).err, HasSubstr("repeat.times is -1"));
  EXPECT_THAT(queue.ids(), IsEmpty());
}

TEST_F(CliEnqueue, TakesRqsOptions) {
  const Ended ended =
      enqueue({"-q", "mail", "--timeout", "2m", "--result-ttl", "1h", "--ttl", "1d",
               "--failure-ttl", "-1", "--description", "a letter", "--job-id", "letter-1", "m.f"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const JobInfo job = only_job("mail");
  EXPECT_EQ(job.id, "letter-1");
  EXPECT_EQ(job.queue, "mail");
  EXPECT_EQ(job.timeout, 120s);
  EXPECT_EQ(job.result_ttl, 3'600s);
  EXPECT_EQ(job.ttl, 86'400s);
  EXPECT_EQ(job.failure_ttl, kForever);
  EXPECT_EQ(job.description, "a letter");
}

TEST_F(CliEnqueue, TakesOneIdForEachDependsOn) {
  enqueue({"m.f", "--job-id", "p1"});
  enqueue({"m.f", "--job-id", "p2"});
  const Ended ended = enqueue(
      {"--depends-on", "p1", "--depends-on", "p2", "m.f", "20", "--job-id", "child", "--json"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  const JobInfo job = queue.job("child").info();
  EXPECT_EQ(job.call(), (Call{.function = "m.f", .args = {"20"}}));
  EXPECT_THAT(job.dependency_ids, ElementsAre("p1", "p2"));
}

TEST_F(CliEnqueue, PutsJobsAtTheFront) {
  enqueue({"m.f", "--job-id", "a"});
  enqueue({"m.f", "--job-id", "b", "--at-front"});

  EXPECT_THAT(queue.ids(), ElementsAre("b", "a"));
}

TEST_F(CliEnqueue, WritesJson) {
  EXPECT_EQ(enqueue({"m.f", ":1", "-S", "json"}).exit_code, 0);

  EXPECT_EQ(codec::sniff(only_job().serialized_call), Serializer::json);
}

TEST_F(CliEnqueue, RefusesWhatJsonCannotHold) {
  const Ended ended = enqueue({"m.f", "%b'x'", "-S", "json"});

  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr("bytes"));
  EXPECT_THAT(queue.ids(), IsEmpty());
}

TEST_F(CliEnqueue, IsSilentWhenAskedTo) {
  const Ended ended = enqueue({"m.f", "--quiet"});

  EXPECT_EQ(ended.exit_code, 0);
  EXPECT_THAT(ended.out, IsEmpty());
  EXPECT_EQ(queue.size(), 1);
}

TEST_F(CliEnqueue, TellsProgramsTheId) {
  const Ended ended = enqueue({"m.f", ":1", "--json"});

  const auto told = nlohmann::json::parse(ended.out);
  EXPECT_EQ(told["id"], only_job().id);
  EXPECT_EQ(told["queue"], "default");
  EXPECT_EQ(told["call"], "m.f(1)");
}

TEST_F(CliEnqueue, RefusesAnIdThatRqRefuses) {
  const Ended ended = enqueue({"m.f", "--job-id", "a b"});

  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_THAT(ended.err, HasSubstr("'a b'"));
  EXPECT_THAT(queue.ids(), IsEmpty());
}

TEST_F(CliEnqueue, SaysThatTheJobHasNotEndedInTime) {
  const Ended ended = enqueue({"m.f", "--wait", "0", "--job-id", "slow"});

  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ended.out, "Enqueued m.f() with job-id 'slow'.\n");
  EXPECT_THAT(ended.err, MatchesRegex("rqpp: job 'slow' has not ended within .*queued.*\n"));
}

class CliEnqueueAndWork : public CliEnqueue {
 protected:
  Program worker{{"worker", "--path", in_build("examples").string(), "--url", server().url()}};
};

TEST_F(CliEnqueueAndWork, PrintsTheResultItWaitedFor) {
  const Ended ended = enqueue({"fib.slow_fib", ":20", "--quiet", "--wait", "1m"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(ended.out, "10946\n");
}

TEST_F(CliEnqueueAndWork, TellsProgramsTheResultToo) {
  const Ended ended = enqueue({"--json", "--wait", "fib.slow_fib", ":20"});

  EXPECT_EQ(nlohmann::json::parse(ended.out)["result"], 10946);
}

TEST_F(CliEnqueueAndWork, ReturnsOneWhenTheJobFailed) {
  const Ended ended = enqueue({"fib.slow_fob", ":20", "--quiet", "--wait"});

  EXPECT_EQ(ended.exit_code, 1);
  EXPECT_THAT(ended.out, IsEmpty());
  EXPECT_THAT(ended.err, MatchesRegex("rqpp: job '[-0-9a-f]*' failed: .*fib.slow_fib.*\n"));
}

}  // namespace
}  // namespace rqpp::test
