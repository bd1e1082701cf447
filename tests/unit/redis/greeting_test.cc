#include "redis/greeting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "redis/failure.h"
#include "redis/request.h"
#include "rqpp/error.h"
#include "support/replies.h"

namespace rqpp::redis {
namespace {

using test::error;
using test::status;
using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

std::string bytes_of(std::initializer_list<std::vector<std::string>> commands) {
  std::string out;
  for (const auto& words : commands) append_command(out, words);
  return out;
}

Reply ok() { return status("OK"); }

/// What the user reads when the first reply is this error.
std::string refusal(const Settings& settings, const std::string& text) {
  Greeting greeting(settings);
  try {
    greeting.take(error(text));
  } catch (const ConnectionError& refused) {
    return refused.what();
  }
  return "";
}

TEST(Greeting, SaysOnlyWhatIsSet) { EXPECT_EQ(Greeting(Settings{}).bytes(), bytes_of({{"PING"}})); }

TEST(Greeting, SaysAllInOneWrite) {
  const Settings settings{.db = 3, .username = "u", .password = "p", .client_name = "w1"};

  EXPECT_EQ(Greeting(settings).bytes(),
            bytes_of({{"AUTH", "u", "p"}, {"SELECT", "3"}, {"CLIENT", "SETNAME", "w1"}, {"PING"}}));
}

TEST(Greeting, LeavesTheUserOutForTheDefaultOne) {
  EXPECT_EQ(Greeting(Settings{.password = "p"}).bytes(), bytes_of({{"AUTH", "p"}, {"PING"}}));
}

TEST(Greeting, EndsWithTheLastReply) {
  const Settings settings{.db = 3};
  Greeting greeting(settings);

  EXPECT_FALSE(greeting.take(ok()));
  EXPECT_TRUE(greeting.take(status("PONG")));
}

TEST(Greeting, SaysWhatToDoAboutAWrongPassword) {
  const std::string text = "WRONGPASS invalid username-password pair or user is disabled.";
  const Settings anonymous{.host = "db", .password = "s3cret"};
  const Settings named{.host = "db", .username = "bob", .password = "s3cret"};

  EXPECT_EQ(refusal(anonymous, text),
            "Redis at redis://db:6379/0 refused the password (WRONGPASS invalid username-password "
            "pair or user is disabled.). Correct it in the URL or REDIS_PASSWORD.");
  EXPECT_THAT(refusal(named, text), HasSubstr("refused the password of user 'bob'"));
  EXPECT_THAT(refusal(named, text), Not(HasSubstr("s3cret")));
}

TEST(Greeting, SaysThatNoPasswordIsWanted) {
  const Settings settings{.password = "p"};
  const char* expected =
      "Redis at redis://localhost:6379/0 asks for no password, but one is set. Remove it from the "
      "URL "
      "or REDIS_PASSWORD.";

  EXPECT_EQ(refusal(settings,
                    "ERR AUTH <password> called without any password configured for the "
                    "default user. Are you sure your configuration is correct?"),
            expected);
  EXPECT_EQ(refusal(settings, "ERR Client sent AUTH, but no password is set"), expected);
}

TEST(Greeting, AsksForAMissingPassword) {
  EXPECT_EQ(refusal({}, "NOAUTH Authentication required."),
            "Redis at redis://localhost:6379/0 asks for a password. Put it into the URL "
            "(redis://:password@host) or REDIS_PASSWORD.");
}

TEST(Greeting, TellsALoadingServer) {
  EXPECT_EQ(refusal({}, "LOADING Redis is loading the dataset in memory"),
            "Redis at redis://localhost:6379/0 is still loading its data. Try again in a moment.");
}

TEST(Greeting, TellsAFullOrClosedServer) {
  EXPECT_THAT(refusal({}, "ERR max number of clients reached"), HasSubstr("max number of clients"));
  EXPECT_THAT(refusal({}, "DENIED Redis is running in protected mode"),
              HasSubstr("protected mode"));
}

TEST(Greeting, NamesAMissingDatabase) {
  EXPECT_EQ(refusal({.db = 99}, "ERR DB index is out of range"),
            "Redis at redis://localhost:6379/99 has no database 99 for us: ERR DB index is out of "
            "range");
}

TEST(Greeting, DoesNotMindAUserWithoutNameOrPing) {
  const Settings settings{.client_name = "w1"};
  Greeting greeting(settings);

  EXPECT_FALSE(greeting.take(error("NOPERM this user has no permissions to run 'client'")));
  EXPECT_TRUE(greeting.take(error("NOPERM this user has no permissions to run 'ping'")));
}

TEST(DurationText, UsesSecondsFromOneOn) {
  EXPECT_EQ(duration_text(5s), "5 s");
  EXPECT_EQ(duration_text(1500ms), "1.5 s");
  EXPECT_EQ(duration_text(250ms), "250 ms");
}

}  // namespace
}  // namespace rqpp::redis
