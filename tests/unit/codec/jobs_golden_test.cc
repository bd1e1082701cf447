// Jobs and results as five versions of RQ left them in Redis.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include <rqpp/error.h>

#include "codec/base64.h"
#include "codec/compress.h"
#include "codec/scalars.h"
#include "codec/serialize.h"
#include "codec/timestamp.h"
#include "codec/wire_call.h"
#include "golden.h"

namespace rqpp::codec {
namespace {

using nlohmann::json;
using ::testing::EndsWith;
using ::testing::StartsWith;

/// Calls `see(case, fields)` for every job hash of every version.
template <class See>
void for_each_job(const char* file, See see) {
  for (const std::string& version : golden::versions()) {
    for (const json& each : golden::load(version + "/" + file)["cases"]) {
      for (const json& key : each["keys"]) {
        if (!key["key"].get<std::string>().starts_with("rq:job:") || key["type"] != "hash")
          continue;
        SCOPED_TRACE(version + ": " + each["name"].get<std::string>());
        see(each, key["key"].get<std::string>(), key["fields"]);
      }
    }
  }
}

bool only_python_can_run(const std::string& name) {
  return name == "func: bound method" || name == "func: classmethod" ||
         name == "func: callable instance";
}

TEST(JobVectors, InflateToTheRecordedCalls) {
  std::size_t inflated = 0;
  for_each_job("jobs.json", [&](const json& each, const std::string& key, const json& fields) {
    const std::string data = golden::bytes_of(fields["data"]);
    const std::string plain = golden::bytes_of(each["data_plain"][key]);

    EXPECT_EQ(inflate_or_raw(data), plain);
    EXPECT_EQ(inflate_or_raw(plain), plain);
    ++inflated;
  });
  EXPECT_GT(inflated, 200);
}

TEST(JobVectors, CompressToTheSameBytes) {
  for_each_job("jobs.json", [&](const json& each, const std::string& key, const json& fields) {
    EXPECT_EQ(deflate(golden::bytes_of(each["data_plain"][key])), golden::bytes_of(fields["data"]));
  });
}

TEST(JobVectors, DecodeToTheCallThatTheirDescriptionShows) {
  std::size_t decoded = 0;
  for_each_job("jobs.json", [&](const json& each, const std::string& key, const json& fields) {
    if (only_python_can_run(each["name"])) return;
    const bool json_call = each["serializer"] == "json";

    const DecodedCall read = decode_call(golden::bytes_of(each["data_plain"][key]));

    EXPECT_EQ(read.serializer, json_call ? Serializer::json : Serializer::pickle);
    if (each["name"] != "opt: description" && each["name"] != "json args: nested") {
      EXPECT_EQ(describe(read.call), golden::bytes_of(fields["description"]));
    }
    ++decoded;
  });
  EXPECT_GT(decoded, 200);
}

TEST(JobVectors, SurviveBeingWrittenAgain) {
  for_each_job("jobs.json", [&](const json& each, const std::string& key, const json&) {
    if (only_python_can_run(each["name"])) return;
    const std::string plain = golden::bytes_of(each["data_plain"][key]);
    const DecodedCall read = decode_call(plain);

    const std::string written = encode_call(read.call, read.serializer);

    EXPECT_EQ(decode_call(written).call, read.call);
    if (read.serializer == Serializer::json) {
      EXPECT_EQ(written, plain);
    }
  });
}

TEST(JobVectors, OfBoundMethodsAreRefusedWithTheReason) {
  std::set<std::string> reasons;
  for_each_job("jobs.json", [&](const json& each, const std::string& key, const json&) {
    if (!only_python_can_run(each["name"])) return;
    try {
      decode_call(golden::bytes_of(each["data_plain"][key]));
      ADD_FAILURE() << "was decoded";
    } catch (const DecodeError& error) {
      reasons.insert(error.what());
    }
  });
  EXPECT_THAT(reasons, ::testing::ElementsAre(
                           "bound method '__call__' of vtasks.Thing needs a Python worker",
                           "bound method 'cm' of vtasks.Thing needs a Python worker",
                           "bound method 'meth' of vtasks.Thing needs a Python worker"));
}

TEST(JobVectors, HaveMetaThatIsADict) {
  std::size_t seen = 0;
  for (const char* file : {"jobs.json", "results.json"}) {
    for_each_job(file, [&](const json& each, const std::string&, const json& fields) {
      if (!fields.contains("meta")) return;
      const std::string bytes = golden::bytes_of(fields["meta"]);

      const Value meta = deserialize(bytes);

      ASSERT_EQ(meta.kind(), Value::Kind::dict);
      EXPECT_FALSE(meta.pairs().empty());
      const auto serializer = each["serializer"] == "json" ? Serializer::json : Serializer::pickle;
      EXPECT_EQ(deserialize(serialize(meta, serializer)), meta);
      ++seen;
    });
  }
  EXPECT_GE(seen, 10);
}

TEST(JobVectors, HaveTimestampsThatSurviveBeingWrittenAgain) {
  std::size_t seen = 0;
  for (const char* file : {"jobs.json", "results.json"}) {
    for_each_job(file, [&](const json&, const std::string&, const json& fields) {
      for (const auto* name :
           {"created_at", "enqueued_at", "started_at", "ended_at", "last_heartbeat"}) {
        if (!fields.contains(name)) continue;
        const std::string text = golden::bytes_of(fields[name]);
        const auto time = parse_iso(text);
        EXPECT_EQ(time.has_value(), !text.empty());
        if (time) {
          EXPECT_EQ(format_iso(*time), text);
        }
        ++seen;
      }
    });
  }
  EXPECT_GT(seen, 1000);
}

TEST(JobVectors, HaveWholeSeconds) {
  for_each_job("jobs.json", [](const json&, const std::string&, const json& fields) {
    for (const auto* name : {"timeout", "result_ttl", "failure_ttl", "ttl"}) {
      if (!fields.contains(name)) continue;
      const std::string text = golden::bytes_of(fields[name]);
      EXPECT_EQ(std::to_string(parse_seconds(name, text).count()), text);
    }
  });
}

TEST(ResultVectors, DecodeAsRecorded) {
  std::size_t values = 0;
  std::size_t texts = 0;
  for (const std::string& version : golden::versions()) {
    for (const json& each : golden::load(version + "/results.json")["cases"]) {
      SCOPED_TRACE(version + ": " + each["name"].get<std::string>());
      std::vector<json> entries;
      for (const json& key : each["keys"]) {
        if (key["type"] != "stream") continue;
        entries.insert(entries.end(), key["entries"].begin(), key["entries"].end());
      }
      ASSERT_EQ(entries.size(), each.value("decoded", json::array()).size());
      for (std::size_t i = 0; i < entries.size(); ++i) {
        const json& fields = entries[i]["fields"];
        const json& decoded = each["decoded"][i];
        if (fields.contains("return_value")) {
          const std::string plain = decode_base64(golden::bytes_of(fields["return_value"]));
          EXPECT_EQ(json(encode_base64(plain)), decoded["return_value_plain_b64"]);
          EXPECT_NO_THROW(deserialize(plain));
          ++values;
        }
        if (fields.contains("exc_string")) {
          const std::string plain = inflate(decode_base64(golden::bytes_of(fields["exc_string"])));
          EXPECT_EQ(json(plain), decoded["exc_string_plain"]);
          ++texts;
        }
        for (const auto* name : {"execution_started_at", "execution_ended_at"}) {
          if (!fields.contains(name)) continue;
          const std::string text = golden::bytes_of(fields[name]);
          EXPECT_EQ(format_epoch(parse_epoch(text)), text);
        }
      }
    }
  }
  EXPECT_GT(values, 50);
  EXPECT_GT(texts, 20);
}

TEST(ResultVectors, OfSuccessHoldTheValue) {
  std::map<std::string, std::string> reprs;
  for (const json& each : golden::load("head/results.json")["cases"]) {
    for (const json& decoded : each["decoded"]) {
      if (decoded["type"] != "1" || !decoded.contains("return_value_plain_b64")) continue;
      const std::string plain = decode_base64(decoded["return_value_plain_b64"].get<std::string>());
      reprs.emplace(each["name"], deserialize(plain).repr());
    }
  }
  EXPECT_EQ(reprs["success int"], "3");
  EXPECT_EQ(reprs["json success int"], "3");
  EXPECT_EQ(reprs["json success float"], "0.1");
  EXPECT_EQ(reprs["success bytes"], "b'\\x00\\xff'");
  EXPECT_EQ(reprs["success unserializable"], "'Unserializable return value'");
}

}  // namespace
}  // namespace rqpp::codec
