#include "protocol/webhooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/golden.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Webhook kGet{.url = "http://h/x"};
const Webhook kPost{.url = "https://h/y?z=1",
                    .job_status = Status::failed,
                    .method = Webhook::Method::post,
                    .headers = {{"X-A", "b"}},
                    .timeout = 3s};

std::string refusal_of_new(const Webhook& webhook) {
  try {
    new_webhooks({&webhook, 1});
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "no refusal";
}

std::string refusal_of_read(std::string_view json) {
  try {
    read_webhooks(json);
  } catch (const DecodeError& error) {
    return error.what();
  }
  return "no refusal";
}

/// The field as RQ wrote it for these two.
std::vector<std::string> recorded() {
  std::vector<std::string> found;
  for (const std::string& version : golden::versions()) {
    for (const auto& it : golden::load(version + "/jobs.json").at("cases")) {
      if (it.at("name") != "opt: webhooks") continue;
      for (const auto& key : it.at("keys")) {
        if (key.at("key") != "rq:job:j1") continue;
        found.push_back(golden::bytes_of(key.at("fields").at("webhooks")));
      }
    }
  }
  return found;
}

TEST(NewWebhooks, AreRqsBytes) {
  const std::vector<std::string> theirs = recorded();

  ASSERT_FALSE(theirs.empty());
  for (const std::string& bytes : theirs) EXPECT_EQ(new_webhooks(std::vector{kGet, kPost}), bytes);
}

TEST(NewWebhooks, LeaveTheFieldAwayWhereThereAreNone) { EXPECT_THAT(new_webhooks({}), IsEmpty()); }

TEST(NewWebhooks, RefuseWhatRqRefuses) {
  for (const char* url : {"", "x", "ftp://h/", "http://", "http:///x", "https://?x", "http:/h",
                          "http://h/a b", "http://h/\n"}) {
    EXPECT_THAT(refusal_of_new({.url = url}), HasSubstr("does not begin with http://")) << url;
  }
  EXPECT_THAT(refusal_of_new({.url = "http://h", .job_status = Status::stopped}),
              HasSubstr("neither finished nor failed"));
  EXPECT_THAT(refusal_of_new({.url = "http://h", .timeout = 0s}), HasSubstr("timeout is below"));
  EXPECT_EQ(refusal_of_new({.url = "HTTPS://h"}), "no refusal");
}

TEST(NewWebhooks, RefuseHeadersThatBreakOutOfTheirLine) {
  for (const std::pair<std::string, std::string>& bad :
       {std::pair<std::string, std::string>{"", "v"},
        {"A:", "v"},
        {"A B", "v"},
        {"A\r", "v"},
        {"A", "v\r\nX: y"},
        {"A", std::string("v\0", 2)}}) {
    EXPECT_THAT(refusal_of_new({.url = "http://h", .headers = {bad}}), HasSubstr("is no header"));
  }
}

TEST(NewWebhooks, AreNotMoreThanAHundred) {
  EXPECT_NO_THROW(new_webhooks(std::vector<Webhook>(100, kGet)));
  EXPECT_THROW(new_webhooks(std::vector<Webhook>(101, kGet)), InvalidArgument);
}

TEST(ReadWebhooks, ReadsWhatRqWrote) {
  for (const std::string& bytes : recorded()) {
    EXPECT_THAT(read_webhooks(bytes), ElementsAre(kGet, kPost));
  }
}

TEST(ReadWebhooks, TakesRqsDefaultsForWhatIsMissing) {
  EXPECT_THAT(read_webhooks(R"([{"url": "http://h/x", "job_status": "finished"}])"),
              ElementsAre(kGet));
}

TEST(ReadWebhooks, TakesNumbersInHeaders) {
  const auto read =
      read_webhooks(R"([{"url": "http://h", "job_status": "failed", "headers": {"X-N": 7}}])");

  EXPECT_THAT(read.at(0).headers, ElementsAre(std::pair<std::string, std::string>("X-N", "7")));
}

TEST(ReadWebhooks, ReadsNoneInAnEmptyField) { EXPECT_THAT(read_webhooks(""), IsEmpty()); }

TEST(ReadWebhooks, RefusesWhatIsNoListOfWebhooks) {
  EXPECT_THAT(refusal_of_read("7"), HasSubstr("job field 'webhooks': "));
  for (const char* json :
       {"[", "{}", "[7]", "[{}]", R"([{"url": "http://h"}])",
        R"([{"url": 7, "job_status": "failed"}])",
        R"([{"url": "http://h", "job_status": "stopped"}])",
        R"([{"url": "file:///etc/passwd", "job_status": "failed"}])",
        R"([{"url": "http://h", "job_status": "failed", "method": "PUT"}])",
        R"([{"url": "http://h", "job_status": "failed", "headers": []}])",
        R"([{"url": "http://h", "job_status": "failed", "headers": {"A": "b\r\nC: d"}}])",
        R"([{"url": "http://h", "job_status": "failed", "timeout": 0}])",
        R"([{"url": "http://h", "job_status": "failed", "timeout": "10"}])"}) {
    EXPECT_NE(refusal_of_read(json), "no refusal") << json;
  }
}

TEST(WebhookBody, IsThatOfRq) {
  Ending ending{.job_id = "j1",
                .func_name = "m.f",
                .enqueued_at = Time{1'795'000'000'123'456us},
                .ended_at = Time{1'795'000'001s},
                .exc_info = "only of failures"};

  EXPECT_EQ(webhook_body(ending), R"({"job_id": "j1", "func_name": "m.f", "status": "finished", )"
                                  R"("enqueued_at": "2026-11-18T11:06:40.123456+00:00", )"
                                  R"("ended_at": "2026-11-18T11:06:41+00:00"})");
  ending = {.job_id = "j1", .status = Status::failed, .exc_info = "gr\xc3\xbcn"};
  EXPECT_EQ(webhook_body(ending),
            R"({"job_id": "j1", "func_name": null, "status": "failed", "enqueued_at": null, )"
            R"("ended_at": null, "exc_info": "gr\u00fcn"})");
}

}  // namespace
}  // namespace rqpp::protocol
