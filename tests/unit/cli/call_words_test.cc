#include "cli/call_words.h"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "codec/wire_call.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

std::string no_file(const std::string& path) {
  ADD_FAILURE() << "read " << path;
  return {};
}

std::string call_of(const std::vector<std::string>& words) {
  return codec::describe(parse_call("m.f", words, no_file));
}

std::string error_of(const std::vector<std::string>& words) {
  try {
    return "read as " + call_of(words);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
}

TEST(ParseCall, TakesTextJsonAndLiterals) {
  EXPECT_EQ(call_of({"abc", "20", ":20", ":[1, null]", "%(1, b'x')"}),
            "m.f('abc', '20', 20, [1, None], (1, b'x'))");
}

TEST(ParseCall, TakesKeywords) {
  EXPECT_EQ(call_of({"a=b", "n:=3", "t%={1}"}), "m.f(a='b', n=3, t={1})");
}

TEST(ParseCall, SplitsWordsAsRq) {
  EXPECT_EQ(call_of({"=x"}), "m.f('=x')");
  EXPECT_EQ(call_of({"a=b=c"}), "m.f(a='b=c')");
  EXPECT_EQ(call_of({"url=http://x"}), "m.f(url='http://x')");
  EXPECT_EQ(call_of({"http://x"}), "m.f('http://x')");
  EXPECT_EQ(call_of({"[a,b]", ""}), "m.f('[a,b]', '')");
}

TEST(ParseCall, ReadsValuesFromFiles) {
  std::vector<std::string> asked;
  const auto read = [&asked](const std::string& path) {
    asked.push_back(path);
    return std::string("[1]");
  };

  const Call call = parse_call("m.f", std::vector<std::string>{"@a", ":@b", "k%=@c"}, read);

  EXPECT_EQ(codec::describe(call), "m.f('[1]', [1], k=[1])");
  EXPECT_EQ(asked, (std::vector<std::string>{"a", "b", "c"}));
}

TEST(ParseCall, SaysWhichArgumentIsWrong) {
  EXPECT_EQ(error_of({"x", "%[1"}),
            "argument 2 is '[1', which is no Python literal: expected ',' or ']' at byte 2");
  EXPECT_EQ(error_of({"n:=x"}).substr(0, 38), "argument 'n' is 'x', which is no JSON:");
  EXPECT_EQ(error_of({"a=1", "a=2"}), "the keyword 'a' is given twice");
}

TEST(ReadFile, SaysWhyItCannot) {
  try {
    read_file("/nowhere/a");
    FAIL();
  } catch (const InvalidArgument& error) {
    EXPECT_STREQ(error.what(), "cannot read the file '/nowhere/a': no such file or directory");
  }
}

}  // namespace
}  // namespace rqpp::cli
