#include "protocol/job_record.h"

#include <algorithm>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/golden.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;

using Fields = std::map<std::string, std::string, std::less<>>;

std::vector<redis::Reply> values_of(const Fields& fields) {
  std::vector<redis::Reply> values;
  for (const std::string_view name : kJobFields) {
    const auto found = fields.find(name);
    values.push_back(found == fields.end()
                         ? redis::Reply{}
                         : redis::Reply{.type = redis::Reply::Type::string, .text = found->second});
  }
  return values;
}

std::string refusal_of(const Fields& fields) {
  try {
    read_job("j1", values_of(fields));
  } catch (const DecodeError& error) {
    return error.what();
  }
  return "no refusal";
}

TEST(ReadJob, ReadsEveryField) {
  const auto job = read_job("j1", values_of({{"data", "D"},
                                             {"status", "started"},
                                             {"origin", "q"},
                                             {"description", "m.f()"},
                                             {"meta", "M"},
                                             {"timeout", "180"},
                                             {"result_ttl", "-1"},
                                             {"failure_ttl", "0"},
                                             {"ttl", "60"},
                                             {"created_at", "1970-01-01T00:00:01.000000Z"},
                                             {"enqueued_at", "1970-01-01T00:00:02.000000Z"},
                                             {"started_at", "1970-01-01T00:00:03.000000Z"},
                                             {"ended_at", "1970-01-01T00:00:04.000000Z"},
                                             {"last_heartbeat", "1970-01-01T00:00:05.000000Z"},
                                             {"worker_name", "w"},
                                             {"dependency_ids", R"(["a", "b"])"},
                                             {"allow_dependency_failures", "1"},
                                             {"rqpp_allow_stops", "1"},
                                             {"enqueue_at_front", "1"},
                                             {"group_id", "g"},
                                             {"exc_info", "X"}}));

  EXPECT_EQ(job, (JobRecord{.id = "j1",
                            .origin = "q",
                            .status = Status::started,
                            .description = "m.f()",
                            .data = "D",
                            .meta = "M",
                            .worker_name = "w",
                            .created_at = Time{1s},
                            .enqueued_at = Time{2s},
                            .started_at = Time{3s},
                            .ended_at = Time{4s},
                            .last_heartbeat = Time{5s},
                            .timeout_seconds = 180,
                            .result_ttl_seconds = -1,
                            .failure_ttl_seconds = 0,
                            .ttl_seconds = 60,
                            .dependency_ids = {"a", "b"},
                            .allow_dependency_failures = true,
                            .allow_dependency_stops = true,
                            .enqueue_at_front = true,
                            .group_id = "g",
                            .exc_info = "X"}));
}

TEST(ReadJob, NeedsDataAndNothingElse) {
  EXPECT_EQ(read_job("j1", values_of({{"data", "D"}})), (JobRecord{.id = "j1", .data = "D"}));
  EXPECT_EQ(read_job("j1", values_of({{"status", "queued"}, {"origin", "q"}})), std::nullopt);
  EXPECT_EQ(read_job("j1", values_of({})), std::nullopt);
}

TEST(ReadJob, TakesEmptyFieldsAsUnset) {
  const auto job = read_job("j1", values_of({{"data", "D"},
                                             {"status", ""},
                                             {"timeout", ""},
                                             {"ttl", ""},
                                             {"started_at", ""},
                                             {"worker_name", ""}}));

  EXPECT_EQ(job, (JobRecord{.id = "j1", .data = "D"}));
}

TEST(ReadJob, KnowsJobsOfAnRqThatReadsTheirEndsInTheHash) {
  const auto ends_in_hash = [](Fields fields) {
    fields["data"] = "D";
    return read_job("j1", values_of(fields))->ends_in_hash;
  };

  EXPECT_TRUE(ends_in_hash({{"started_at", ""}, {"ended_at", ""}}));  // before 1.9
  EXPECT_TRUE(
      ends_in_hash({{"success_callback_name", ""}, {"started_at", "1970-01-01T00:00:03Z"}}));
  EXPECT_FALSE(ends_in_hash({{"success_callback_name", ""}, {"stopped_callback_name", ""}}));
  EXPECT_FALSE(ends_in_hash({}));                                         // ours
  EXPECT_FALSE(ends_in_hash({{"started_at", ""}, {"worker_name", ""}}));  // ours, to run again
  EXPECT_FALSE(
      ends_in_hash({{"started_at", ""}, {"ended_at", ""}, {"worker_name", "w"}}));  // requeued
  EXPECT_FALSE(ends_in_hash({{"started_at", "1970-01-01T00:00:03Z"}}));  // ours, run before
}

TEST(ReadJob, NamesAMalformedField) {
  EXPECT_THAT(refusal_of({{"data", "D"}, {"timeout", "1.5"}}),
              HasSubstr("field 'timeout': expected whole seconds, got '1.5'"));
  EXPECT_THAT(refusal_of({{"data", "D"}, {"result_ttl", "3m"}}), HasSubstr("'result_ttl'"));
  EXPECT_THAT(refusal_of({{"data", "D"}, {"failure_ttl", "True"}}), HasSubstr("'failure_ttl'"));
  EXPECT_THAT(refusal_of({{"data", "D"}, {"ttl", "99999999999999999999"}}), HasSubstr("'ttl'"));
  EXPECT_THAT(refusal_of({{"data", "D"}, {"created_at", "yesterday"}}),
              HasSubstr("job field 'created_at'"));
  EXPECT_THAT(refusal_of({{"data", "D"}, {"dependency_ids", "a, b"}}),
              HasSubstr("'dependency_ids': expected a JSON list of texts, got 'a, b'"));
  EXPECT_THAT(refusal_of({{"data", "D"}, {"dependency_ids", "[1]"}}), HasSubstr("list of texts"));
  EXPECT_EQ(refusal_of({{"data", "D"}, {"status", "resting"}}),
            "job field 'status': 'resting' is no status that RQ knows");
}

TEST(AddFields, WritesIdsOfParentsAsPythonDoes) {
  redis::Batch batch;
  batch.add("HSET", "k");
  add_fields(batch, {.id = "j1", .data = "D", .dependency_ids = {"a", "user:42", "\"\xc3\xa4\\"}});

  const std::vector<std::string> words = batch.commands().front().args;
  const auto at = std::find(words.begin(), words.end(), "dependency_ids");
  ASSERT_NE(at, words.end());
  EXPECT_EQ(*(at + 1), R"(["a", "user:42", "\"\u00e4\\"])");
}

TEST(ReadJob, RoundsFractionsOfIntervalsUp) {
  const auto job = read_job("j1", values_of({{"data", "D"},
                                             {"retry_intervals", "[0.2, 1, 2.0]"},
                                             {"repeat_intervals", "[1.5, 1e3, 1e18, -0.5]"}}));

  EXPECT_THAT(job->retry_intervals, testing::ElementsAre(1, 1, 2));
  EXPECT_THAT(job->repeat_intervals, testing::ElementsAre(2, 1000, 1'000'000'000'000'000'000, 0));
  for (const char* bad : {"[1e300]", "[NaN]", "[-Infinity]", "[true]", "[\"1\"]", "0.2"}) {
    EXPECT_THAT(refusal_of({{"data", "D"}, {"retry_intervals", bad}}),
                HasSubstr("'retry_intervals': expected a JSON list of seconds"))
        << bad;
  }
}

TEST(ReadJob, RefusesAnotherNumberOfValues) {
  EXPECT_THROW(read_job("j1", std::vector<redis::Reply>(3)), DecodeError);
}

TEST(ReadJob, ReadsEveryJobThatRqWrote) {
  int jobs = 0;
  for (const std::string& version : golden::versions()) {
    for (const char* file : {"/jobs.json", "/results.json"}) {
      for (const auto& recorded : golden::load(version + file).at("cases")) {
        for (const auto& key : recorded.at("keys")) {
          const std::string name = key.at("key");
          if (!name.starts_with("rq:job:") || key.at("type") != "hash") continue;
          Fields fields;
          for (const auto& [field, value] : key.at("fields").items()) {
            fields[field] = golden::bytes_of(value);
          }
          if (!fields.contains("data")) continue;
          const auto job = read_job(name.substr(7), values_of(fields));
          ASSERT_TRUE(job) << version << " " << name;
          EXPECT_TRUE(job->status && job->created_at) << version << " " << name;
          ++jobs;
        }
      }
    }
  }
  EXPECT_GT(jobs, 100);
}

TEST(JobFields, AreReadBackAsTheyWere) {
  const JobRecord job{.id = "j1",
                      .origin = "q",
                      .status = Status::finished,
                      .description = "m.f()",
                      .data = "D",
                      .meta = "M",
                      .worker_name = "w",
                      .created_at = Time{1s},
                      .timeout_seconds = -1,
                      .result_ttl_seconds = 0,
                      .dependency_ids = {"a", "b"},
                      .allow_dependency_failures = true,
                      .allow_dependency_stops = true,
                      .enqueue_at_front = true,
                      .group_id = "g"};
  redis::Batch batch;
  batch.add("HSET");
  add_fields(batch, job);
  const std::vector<std::string> words = batch.commands().at(0).args;

  Fields fields;
  for (std::size_t i = 1; i < words.size(); i += 2) fields[words[i]] = words[i + 1];

  EXPECT_EQ(read_job("j1", values_of(fields)), job);
}

TEST(JobFields, LeaveOutWhatIsUnset) {
  redis::Batch batch;
  batch.add("HSET", "rq:job:j1");

  add_fields(batch, {.id = "j1", .data = "D"});

  EXPECT_EQ(to_text(batch), "\nHSET rq:job:j1 data D\n");
}

TEST(Status, IsSpelledAsInRedis) {
  EXPECT_EQ(to_string(Status::ready_to_enqueue), "ready_to_enqueue");
  EXPECT_EQ(to_string(Status::canceled), "canceled");
  for (int i = 0; i <= static_cast<int>(Status::canceled); ++i) {
    EXPECT_EQ(status_from(to_string(static_cast<Status>(i))), static_cast<Status>(i));
  }
  EXPECT_EQ(status_from("cancelled"), std::nullopt);
  EXPECT_EQ(status_from(""), std::nullopt);
}

TEST(Status, KnowsTheEnds) {
  for (const Status status :
       {Status::finished, Status::failed, Status::stopped, Status::canceled}) {
    EXPECT_TRUE(has_ended(status)) << to_string(status);
  }
  for (const Status status :
       {Status::created, Status::queued, Status::deferred, Status::ready_to_enqueue,
        Status::scheduled, Status::rate_limited, Status::started}) {
    EXPECT_FALSE(has_ended(status)) << to_string(status);
  }
}

}  // namespace
}  // namespace rqpp::protocol
