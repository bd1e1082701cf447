#include "codec/stream_dump.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>

#include "support/test_server.h"

namespace rqpp::codec {
namespace {

class StreamDump : public test::RedisTest {
 protected:
  /// What a stream holds that was made of a dump, and of the same by XADD.
  void expect_same(const std::vector<std::string>& fields) {
    ask("FLUSHDB");
    ASSERT_EQ(ask("RESTORE", "dumped", "0", dump_of_stream(1'795'701'372'164, fields)).text, "OK");
    std::vector<std::string> add{"XADD", "added", "1795701372164-0"};
    add.insert(add.end(), fields.begin(), fields.end());
    connection.run(redis::Batch{}.add_words(std::move(add)));

    EXPECT_EQ(ask("XRANGE", "dumped", "-", "+"), ask("XRANGE", "added", "-", "+"));
    EXPECT_EQ(ask("XREVRANGE", "dumped", "+", "-"), ask("XREVRANGE", "added", "+", "-"));
    const redis::Reply made = ask("XINFO", "STREAM", "dumped");
    const redis::Reply added = ask("XINFO", "STREAM", "added");
    EXPECT_EQ(made, added);
  }
};

TEST_F(StreamDump, IsReadAsWhatXaddMakes) {
  expect_same({"type", "1", "worker_name", "w", "return_value", "gASULg=="});
}

TEST_F(StreamDump, HoldsValuesOfEveryLength) {
  for (const std::size_t size : {0U, 1U, 62U, 63U, 64U, 125U, 126U, 127U, 128U, 4093U, 4095U, 4096U,
                                 16381U, 16384U, 70000U}) {
    SCOPED_TRACE(size);
    expect_same({"value", std::string(size, 'x'), "behind", "y"});
    expect_same({"value", std::string(size, '\xFF'), "behind", std::string(1, '\0')});
  }
}

TEST_F(StreamDump, HoldsAsManyFieldsAsThereAre) {
  for (const int count : {1, 2, 15, 127, 128, 300}) {
    SCOPED_TRACE(count);
    std::vector<std::string> fields;
    for (int i = 0; i < count; ++i) {
      fields.push_back(fmt::format("name{}", i));
      fields.push_back(std::to_string(i * i));
    }
    expect_same(fields);
  }
}

TEST_F(StreamDump, WakesWhoWaitsForAResult) {
  auto woken = std::async(std::launch::async, [this] {
    redis::Connection waiting(connection.settings());
    return waiting.run(redis::Batch{}.add("XREAD", "BLOCK", 5000, "STREAMS", "s", "0-0")).at(0);
  });
  while (ask("INFO", "clients").text.find("blocked_clients:1") == std::string::npos) {
  }

  ask("RESTORE", "s", "500000", dump_of_stream(1000, std::vector<std::string>{"type", "1"}));

  const redis::Reply reply = woken.get();
  ASSERT_EQ(reply.elements.size(), 1U);
  EXPECT_EQ(reply.elements[0].elements.at(0).text, "s");
}

}  // namespace
}  // namespace rqpp::codec
