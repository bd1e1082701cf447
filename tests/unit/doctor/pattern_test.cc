#include "doctor/pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "doctor/command_line.h"
#include "doctor/facts.h"
#include "doctor/shell_word.h"

namespace rqpp::doctor {
namespace {

TEST(PatternOf, PutsAStarForIdsAndNumbers) {
  EXPECT_EQ(pattern_of("user:1234"), "user:*");
  EXPECT_EQ(pattern_of("user:1234:cart"), "user:*:cart");
  EXPECT_EQ(pattern_of("session:8f3a91c0d2e44b1f"), "session:*");
  EXPECT_EQ(pattern_of("session:550e8400-e29b-41d4-a716-446655440000"), "session:*");
  EXPECT_EQ(pattern_of("page2/3"), "page*/*");
  EXPECT_EQ(pattern_of("mail:ann@example.org"), "mail:*");
  EXPECT_EQ(pattern_of("token:aB3x9Zq1Lm"), "token:*");
}

TEST(PatternOf, KeepsWords) {
  EXPECT_EQ(pattern_of("config"), "config");
  EXPECT_EQ(pattern_of("settings:mail:templates"), "settings:mail:templates");
  EXPECT_EQ(pattern_of("deadbeef"), "deadbeef");
  EXPECT_EQ(pattern_of(""), "");
}

TEST(PatternOf, KnowsTheKeysOfRq) {
  EXPECT_EQ(pattern_of("rq:job:ann"), "rq:job:*");
  EXPECT_EQ(pattern_of("rq:job:ann:dependents"), "rq:job:*:dependents");
  EXPECT_EQ(pattern_of("rq:job::ann:dependencies"), "rq:job::*:dependencies");
  EXPECT_EQ(pattern_of("rq:results:ann"), "rq:results:*");
  EXPECT_EQ(pattern_of("rq:worker:w1:executions"), "rq:worker:*:executions");
  EXPECT_EQ(pattern_of("rq:queue:mail2"), "rq:queue:mail2");
  EXPECT_EQ(pattern_of("rq:queue:mail:intermediate:first_seen:j1"),
            "rq:queue:mail:intermediate:first_seen:*");
}

TEST(PatternOf, HidesBytesAndLength) {
  EXPECT_EQ(pattern_of(std::string("k:\0\x1b[2J", 7)), "k:*");
  EXPECT_LE(pattern_of(std::string(1'000'000, 'a')).size(), kMostNameBytes);
}

TEST(MergePatterns, PutsAStarWhereTooManyDiffer) {
  std::set<std::string> patterns{"config", "other:x:y"};
  for (char c = 'a'; c < 'a' + 12; ++c) patterns.insert(std::string("user:") + c + "nn:cart");

  const auto merged = merge_patterns(patterns);

  EXPECT_EQ(merged.at("user:ann:cart"), "user:*:cart");
  EXPECT_EQ(merged.at("user:lnn:cart"), "user:*:cart");
  EXPECT_EQ(merged.at("config"), "config");
  EXPECT_EQ(merged.at("other:x:y"), "other:x:y");
}

TEST(MergePatterns, KeepsFew) {
  const auto merged = merge_patterns({"user:ann", "user:bob"});

  EXPECT_EQ(merged.at("user:ann"), "user:ann");
}

TEST(CommandOf, IsInUpperCaseWithItsSecondWord) {
  EXPECT_EQ(command_of(std::vector<std::string>{"get", "k"}), "GET");
  EXPECT_EQ(command_of(std::vector<std::string>{"config", "get", "x"}), "CONFIG GET");
  EXPECT_EQ(command_of({}), "");
}

TEST(PatternOfCall, IsItsKeyOrItsScript) {
  const auto of = [](std::vector<std::string> words) { return pattern_of_call(words); };

  EXPECT_EQ(of({"GET", "user:12"}), "user:*");
  EXPECT_EQ(of({"KEYS", "user:*"}), "user:*");
  EXPECT_EQ(of({"KEYS", "session:1*"}), "session:1*") << "as it was asked";
  EXPECT_EQ(of({"EVALSHA", "1a2b3c4d5e6f", "1", "rq:job:x"}), "script 1a2b3c4d on rq:job:*");
  EXPECT_EQ(of({"EVALSHA", "1a2b3c4d5e6f", "0", "x"}), "script 1a2b3c4d");
  EXPECT_EQ(of({"FCALL", "tidy", "0"}), "function tidy");
  EXPECT_EQ(of({"OBJECT", "ENCODING", "user:12"}), "user:*");
  EXPECT_EQ(of({"CONFIG", "GET", "save"}), "");
  EXPECT_EQ(of({"SCAN", "0", "COUNT", "10"}), "");
  EXPECT_EQ(of({"PING"}), "");
}

TEST(ShellWord, QuotesWhatAShellWouldRead) {
  EXPECT_EQ(shell_word("mail-1.high"), "mail-1.high");
  EXPECT_EQ(shell_word("two words"), "'two words'");
  EXPECT_EQ(shell_word("$(rm -rf x)"), "'$(rm -rf x)'");
  EXPECT_EQ(shell_word("it's"), "'it'\\''s'");
  EXPECT_EQ(shell_word("-n"), "'-n'");
  EXPECT_EQ(shell_word(""), "''");
}

}  // namespace
}  // namespace rqpp::doctor
