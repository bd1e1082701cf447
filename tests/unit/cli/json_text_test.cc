#include "cli/json_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/printable.h"
#include "base/utf8.h"

namespace rqpp::cli {
namespace {

TEST(JsonLine, EscapesWhatATerminalObeys) {
  EXPECT_EQ(to_line(Json("\x1b[2J\x7f \xC2\x9B \xC2\x85 \xE2\x80\xAE \xF3\xA0\x80\x81 é😀")),
            R"("\u001b[2J\u007f \u009b \u0085 \u202e \udb40\udc01 é😀")");
}

TEST(JsonLine, MeansTheSameWithItsEscapes) {
  std::string text;
  for (char32_t code = 0; code < 0x3000; ++code) base::append_utf8(text, code);
  base::append_utf8(text, 0x1F600);
  base::append_utf8(text, 0xE0001);
  const Json json{{text, {1, text}}};

  const std::string line = to_line(json);

  EXPECT_EQ(Json::parse(line), json);
  EXPECT_EQ(line, base::printable(line));
}

TEST(JsonLine, TakesBytesThatAreNoUtf8) { EXPECT_EQ(to_line(Json("a\xff")), "\"a\xEF\xBF\xBD\""); }

}  // namespace
}  // namespace rqpp::cli
