#include "protocol/result_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/base64.h"
#include "codec/compress.h"
#include "support/golden.h"
#include "support/replies.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

using test::array;
using test::text;
using ::testing::HasSubstr;
using namespace std::chrono_literals;
using redis::Reply;

Reply entry(std::string id, const std::vector<std::string>& pairs) {
  std::vector<Reply> words;
  for (const std::string& word : pairs) words.push_back(text(word));
  return array({text(std::move(id)), array(std::move(words))});
}

std::string refusal_of(const Reply& reply) {
  try {
    read_result(reply);
  } catch (const DecodeError& error) {
    return error.what();
  }
  return "no refusal";
}

TEST(ReadResult, ReadsASuccess) {
  const ResultRecord result =
      read_result(entry("1500-3", {"type", "1", "return_value", "Vg==", "worker_name", "w",
                                   "execution_id", "e1", "execution_started_at", "1.25",
                                   "execution_ended_at", "1.5", "from_the_future", "?"}));

  EXPECT_EQ(result, (ResultRecord{.id = "1500-3",
                                  .type = ResultRecord::Type::successful,
                                  .created_at = Time{1500ms},
                                  .return_value = "V",
                                  .worker_name = "w",
                                  .execution_id = "e1",
                                  .started_at = Time{1250ms},
                                  .ended_at = Time{1500ms}}));
}

TEST(ReadResult, ReadsTheTextOfAFailure) {
  const std::string packed = codec::encode_base64(codec::deflate("ValueError: n\xc3\xb6"));

  EXPECT_EQ(read_result(entry("1-0", {"type", "2", "exc_string", packed})).exc_info,
            "ValueError: n\xc3\xb6");
  EXPECT_EQ(read_result(entry("1-0", {"type", "2", "exc_string", ""})).exc_info, "");
}

TEST(ReadResult, ReadsWhatTheRunCostIfItCan) {
  const auto usage_in = [](const std::string& text) {
    return read_result(entry("1-0", {"type", "1", "rqpp_usage", text})).usage;
  };

  EXPECT_EQ(usage_in("wall_us=1 user_us=2 system_us=3 peak_bytes=4")->peak_memory_bytes, 4);
  EXPECT_EQ(usage_in("nonsense"), std::nullopt);
}

TEST(ReadResult, KnowsRqsTypesAndNoOthers) {
  for (const char* type : {"1", "2", "3", "4", "5"}) {
    EXPECT_EQ(static_cast<int>(read_result(entry("1-0", {"type", type})).type), type[0] - '0');
  }
  for (const char* type : {"0", "6", "-1", "one", ""}) {
    EXPECT_THAT(refusal_of(entry("1-0", {"type", type})), HasSubstr("field 'type'")) << type;
  }
  EXPECT_EQ(refusal_of(entry("1-0", {"worker_name", "w"})),
            "an entry of a results stream has no field 'type'");
}

TEST(ReadResult, RefusesDamagedFields) {
  EXPECT_NE(refusal_of(entry("1-0", {"type", "1", "return_value", "%%"})), "no refusal");
  EXPECT_NE(refusal_of(entry("1-0", {"type", "2", "exc_string", "Vg=="})), "no refusal");
  EXPECT_NE(refusal_of(entry("1-0", {"type", "1", "execution_ended_at", "soon"})), "no refusal");
}

TEST(ReadResult, RefusesAnEntryOfAnotherForm) {
  EXPECT_NE(refusal_of(text("1-0")), "no refusal");
  EXPECT_NE(refusal_of(array({text("1-0")})), "no refusal");
  EXPECT_NE(refusal_of(entry("1-0", {"type"})), "no refusal");
}

TEST(ReadResult, RefusesAnIdThatIsNoTime) {
  for (const char* id : {"", "x-0", "-5-0", "18446744073709551615-0", "9223372036854775807-0"}) {
    EXPECT_NE(refusal_of(entry(id, {"type", "1"})), "no refusal") << id;
  }
}

TEST(ResultFields, AreReadBackAsTheyWere) {
  const ResultRecord result{.id = "7-0",
                            .type = ResultRecord::Type::failed,
                            .created_at = Time{7ms},
                            .exc_info = "E",
                            .worker_name = "w",
                            .execution_id = "e1",
                            .started_at = Time{1s},
                            .ended_at = Time{2s}};

  EXPECT_EQ(read_result(entry("7-0", result_fields(result))), result);
}

TEST(ResultFields, PackAnEmptyTextTooAsPythonUnpacksIt) {
  const auto fields = result_fields({.type = ResultRecord::Type::failed});

  EXPECT_EQ(fields, (std::vector<std::string>{"type", "2", "exc_string", "eJwDAAAAAAE="}));
}

TEST(ReadResult, ReadsEveryResultThatRqWrote) {
  int results = 0;
  for (const std::string& version : golden::versions()) {
    for (const auto& recorded : golden::load(version + "/results.json").at("cases")) {
      for (const auto& key : recorded.at("keys")) {
        if (key.at("type") != "stream") continue;
        for (const auto& dumped : key.at("entries")) {
          std::vector<std::string> pairs;
          for (const auto& [field, value] : dumped.at("fields").items()) {
            pairs.push_back(field);
            pairs.push_back(golden::bytes_of(value));
          }
          EXPECT_NO_THROW(read_result(entry(dumped.at("id"), pairs)))
              << version << " " << key.at("key");
          ++results;
        }
      }
    }
  }
  EXPECT_GT(results, 50);
}

}  // namespace
}  // namespace rqpp::protocol
