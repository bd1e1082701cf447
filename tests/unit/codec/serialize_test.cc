#include "codec/serialize.h"

#include <gtest/gtest.h>

#include <rqpp/error.h>

#include "print_value.h"

namespace rqpp::codec {
namespace {

using namespace std::string_literals;

TEST(Sniff, TellsPickleFromJson) {
  EXPECT_EQ(sniff("\x80\x05N."), Serializer::pickle);
  for (const auto* text : {"[1]", "{}", " \n{\"a\": 1}", "null", "true", "false", "NaN", "Infinity",
                           "-1", "7", "\"a\""}) {
    EXPECT_EQ(sniff(text), Serializer::json) << text;
  }
}

TEST(Sniff, KnowsNeither) {
  for (const auto& bytes : {""s, "  "s, "V1\n."s, "\x78\x9c\0"s, "(lp0\n."s, "hello"s, "\0"s}) {
    EXPECT_EQ(sniff(bytes), std::nullopt);
  }
}

TEST(Serialize, IsReadBackByDeserialize) {
  const Value value = Value::dict({{"n", 20}, {"tags", Value::list({"a", 2.5, nullptr})}});
  for (const auto serializer : {Serializer::pickle, Serializer::json}) {
    const std::string bytes = serialize(value, serializer);

    EXPECT_EQ(sniff(bytes), serializer);
    EXPECT_EQ(deserialize(bytes), value);
  }
}

TEST(Deserialize, RefusesOtherBytes) {
  try {
    deserialize("x\x01");
    FAIL() << "was read";
  } catch (const DecodeError& error) {
    EXPECT_STREQ(error.what(), R"(neither a pickle of protocol 2 to 5 nor JSON: 'x\x01')");
  }
}

}  // namespace
}  // namespace rqpp::codec
