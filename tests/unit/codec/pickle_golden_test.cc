// Pickles that CPython wrote, and the bytes that CPython was seen to load.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

#include "codec/pickle.h"
#include "golden.h"

namespace rqpp::codec {
namespace {

using ::testing::HasSubstr;

const nlohmann::json& vectors() { return golden::load("head/pickle.json"); }

TEST(PickleVectors, OfEveryProtocolReadAsTheirValues) {
  std::size_t read = 0;
  for (const auto& entry : vectors()["values"]) {
    const Value expected = golden::value_of(entry["value"]);
    for (const auto& [protocol, dumped] : entry["pickles"].items()) {
      SCOPED_TRACE(entry["repr"].get<std::string>().substr(0, 100) + " protocol " + protocol);
      const Value value = read_pickle(golden::bytes_of(dumped));
      const auto* time = expected.get_if<DateTime>();
      // CPython itself drops the fold of a datetime before protocol 4.
      const bool folded = time != nullptr && time->time.fold == 1 && protocol < "4";
      EXPECT_EQ(value == expected, !folded) << value.repr();
      ++read;
    }
  }
  EXPECT_EQ(read, 74 * 4);
}

TEST(PickleVectors, HaveTheReprThatPythonPrints) {
  for (const auto& entry : vectors()["values"]) {
    const std::string expected = entry["repr"];  // The file cuts it to 120 characters.
    const std::string repr = read_pickle(golden::bytes_of(entry["pickles"]["4"])).repr();
    EXPECT_EQ(repr.size() > 120 ? repr.substr(0, expected.size()) : repr, expected);
  }
}

TEST(PickleVectors, AreWrittenByteForByte) {
  std::size_t written = 0;
  for (const auto& entry : vectors()["values"]) {
    SCOPED_TRACE(entry["repr"].get<std::string>().substr(0, 100));
    const Value value = read_pickle(golden::bytes_of(entry["pickles"]["5"]));
    EXPECT_EQ(write_pickle(value), golden::bytes_of(entry["minimal_writer"]));
    ++written;
  }
  EXPECT_EQ(written, 74);
}

TEST(PickleVectors, OfRecursiveContainersAreRefused) {
  for (const auto& entry : vectors()["recursive"]) {
    for (const auto& [protocol, dumped] : entry["pickles"].items()) {
      try {
        read_pickle(golden::bytes_of(dumped));
        ADD_FAILURE() << entry["repr"] << " was read";
      } catch (const DecodeError& error) {
        EXPECT_THAT(error.what(), HasSubstr("a container that holds itself"));
      }
    }
  }
}

TEST(PickleVectors, OfObjectsThatOnlyPythonKnowsKeepTheirNames) {
  const std::map<std::string, std::string> names{
      {"(1+2j)", "complex"},
      {"range(0, 3)", "range"},
      {"Fraction(1, 3)", "fractions.Fraction"},
      {"OrderedDict([('a', 1)])", "collections.OrderedDict"},
      {"defaultdict(<class 'int'>, {'a': 1})", "collections.defaultdict"},
      {"deque([1])", "collections.deque"},
      {"PurePosixPath('/a')", "pathlib.PurePosixPath"},
      {"<built-in function len>", "len"},
      {"<class 'collections.OrderedDict'>", "collections.OrderedDict"},
      {"slice(1, 2, None)", "slice"},
      {"Ellipsis", "Ellipsis"},
      {"ValueError('x')", "ValueError"},
      {"Retry(max=2, interval=3, enqueue_at_front=False)", "rq.job.Retry"},
  };
  ASSERT_EQ(vectors()["must_refuse"].size(), names.size());
  for (const auto& entry : vectors()["must_refuse"]) {
    for (const auto& [protocol, dumped] : entry["pickles"].items()) {
      SCOPED_TRACE(entry["repr"].get<std::string>() + " protocol " + protocol);
      const Value value = read_pickle(golden::bytes_of(dumped));
      ASSERT_EQ(value.kind(), Value::Kind::opaque);
      // Protocol 2 speaks the names of Python 2.
      const bool renamed = protocol == "2" && (value.type_name() == "xrange" ||
                                               value.type_name() == "exceptions.ValueError");
      if (!renamed) {
        EXPECT_EQ(value.type_name(), names.at(entry["repr"]));
      }
      EXPECT_THROW(write_pickle(value), InvalidArgument);
    }
  }
}

}  // namespace
}  // namespace rqpp::codec
