#include "codec/meta.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/serialize.h"

#include <rqpp/error.h>

namespace rqpp::codec {
namespace {

/// `{"a": shop.Order()}`, as Python 3.11 pickles it.
const std::string kOfAClass(
    "\x80\x04\x95\x1c\x00\x00\x00\x00\x00\x00\x00}\x94\x8c\x01"
    "a\x94\x8c\x04shop\x94\x8c\x05Order\x94\x93\x94)\x81\x94s.",
    39);

Value with(Value meta, const char* key, Value value) {
  Value::Pairs pairs(meta.pairs().begin(), meta.pairs().end());
  pairs.emplace_back(key, std::move(value));
  return Value::dict(std::move(pairs));
}

TEST(Meta, IsADict) {
  const Value meta = Value::dict({{"page", 1}});

  EXPECT_EQ(read_meta("", Serializer::pickle), Value::dict());
  for (const Serializer serializer : {Serializer::pickle, Serializer::json}) {
    EXPECT_EQ(read_meta(serialize(meta, serializer), serializer), meta);
    EXPECT_EQ(write_meta(meta, "", serializer), serialize(meta, serializer));
  }
}

TEST(Meta, KeepsWhatItCannotRead) {
  for (const std::string& bytes :
       {std::string("garbage"), kOfAClass, serialize(Value::list({1}), Serializer::pickle)}) {
    const Value meta = read_meta(bytes, Serializer::pickle);
    EXPECT_EQ(meta, Value::dict({{"unserialized", Bytes{bytes}}}));
    EXPECT_EQ(write_meta(meta, bytes, Serializer::pickle), bytes);

    const std::string written = write_meta(with(meta, "page", 1), bytes, Serializer::pickle);
    EXPECT_EQ(deserialize(written), Value::dict({{"unserialized", Bytes{bytes}}, {"page", 1}}));
  }
}

TEST(Meta, KeepsItAsTextInJson) {
  const std::string bytes = "\xff{";
  const Value meta = read_meta(bytes, Serializer::json);

  EXPECT_EQ(write_meta(meta, bytes, Serializer::json), bytes);
  EXPECT_EQ(write_meta(with(meta, "page", 1), bytes, Serializer::json),
            R"({"unserialized": "b'\\xff{'", "page": 1})");
}

TEST(Meta, IsWrittenAnewWhereThePlaceholderWasReplaced) {
  const Value own = Value::dict({{"unserialized", 1}});

  EXPECT_EQ(write_meta(own, "garbage", Serializer::json), R"({"unserialized": 1})");
}

}  // namespace
}  // namespace rqpp::codec
