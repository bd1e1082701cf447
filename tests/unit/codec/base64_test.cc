#include "codec/base64.h"

#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::codec {
namespace {

using namespace std::string_literals;

TEST(Base64, MatchesTheVectorsOfRfc4648) {
  const std::pair<std::string, std::string> pairs[] = {
      {"", ""},
      {"f", "Zg=="},
      {"fo", "Zm8="},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg=="},
      {"fooba", "Zm9vYmE="},
      {"foobar", "Zm9vYmFy"},
      {"\xff\xef\xbe", "/+++"},
  };
  for (const auto& [plain, encoded] : pairs) {
    EXPECT_EQ(encode_base64(plain), encoded);
    EXPECT_EQ(decode_base64(encoded), plain);
  }
}

TEST(Base64, RoundTripsEveryByte) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);

  EXPECT_EQ(decode_base64(encode_base64(bytes)), bytes);
}

TEST(Base64, RefusesEverythingElse) {
  for (const auto& text : {"Z"s, "Zg"s, "Zg="s, "Zg=a"s, "Z==="s, "===="s, "Zg==Zg=="s, "Zm9\n"s,
                           "Zm-_"s, "Zh=="s, "Zm9="s, "\0\0\0\0"s}) {
    EXPECT_THROW(decode_base64(text), DecodeError) << text;
  }
}

TEST(Base64, SaysWhatIsWrong) {
  try {
    decode_base64("Zm9-");
    FAIL() << "was read";
  } catch (const DecodeError& error) {
    EXPECT_STREQ(error.what(), "cannot read base64: a wrong character at byte 3 in 'Zm9-'");
  }
}

}  // namespace
}  // namespace rqpp::codec
