#include "redis/connection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <string>
#include <vector>

#include "rqpp/error.h"
#include "support/cutting_proxy.h"
#include "support/test_server.h"

namespace rqpp::redis {
namespace {

using namespace std::chrono_literals;
using test::CuttingProxy;
using testing::HasSubstr;
using testing::StartsWith;

const Script kAppend{"append", "return redis.call('RPUSH', KEYS[1], ARGV[1])",
                     "b9705020f551c492b7692cdba607bbdb64837972"};
const Script kBroken{"broken", "return redis.call('NOPE')",
                     "19965f96bed2e953a3424cfa591695dc2a3e81db"};

Batch command(std::string_view name, std::vector<std::string> words = {}) {
  words.insert(words.begin(), std::string(name));
  return std::move(Batch().add_words(words));
}

/// The message of the error that `action` throws; it must be an E.
template <class E, class Action>
std::string thrown(const Action& action) {
  try {
    action();
  } catch (const E& error) {
    return error.what();
  }
  return "nothing was thrown";
}

class ConnectionTest : public test::RedisTest {
 protected:
  std::vector<std::string> list(const std::string& key) {
    std::vector<std::string> items;
    for (const Reply& each : ask("LRANGE", key, 0, -1).elements) items.push_back(each.text);
    return items;
  }
};

TEST_F(ConnectionTest, RunsABatchOverAUnixSocket) {
  const auto replies = connection.run(
      Batch().add("SET", "k", "v").add("GET", "k").add("GET", "none").add("INCR", "n"));

  ASSERT_EQ(replies.size(), 4U);
  EXPECT_EQ(replies[0].text, "OK");
  EXPECT_EQ(replies[1].text, "v");
  EXPECT_TRUE(replies[2].is_nil());
  EXPECT_EQ(replies[3].number, 1);
}

TEST_F(ConnectionTest, RunsABatchOverTcpByNameAndByAddress) {
  Settings settings = test::server().tcp_settings();
  for (const char* host : {"127.0.0.1", "localhost"}) {
    settings.host = host;

    Connection tcp(settings);

    EXPECT_EQ(tcp.run(command("PING")).at(0).text, "PONG") << host;
  }
}

TEST_F(ConnectionTest, RunsNothingWithoutConnecting) {
  Connection nowhere(Settings{.unix_path = "/nowhere/redis.sock"});

  EXPECT_TRUE(nowhere.run(Batch()).empty());
}

TEST_F(ConnectionTest, SelectsTheDatabaseAndTakesItsName) {
  Settings settings = test::server().settings();
  settings.db = 5;
  settings.client_name = "rqpp-test";

  Connection named(settings);

  EXPECT_EQ(named.run(command("CLIENT", {"GETNAME"})).at(0).text, "rqpp-test");
  EXPECT_THAT(named.run(command("CLIENT", {"INFO"})).at(0).text, HasSubstr(" db=5 "));
}

TEST_F(ConnectionTest, SaysThatADatabaseDoesNotExist) {
  Settings settings = test::server().settings();
  settings.db = 4711;
  Connection wrong(settings);

  EXPECT_THAT(thrown<ConnectionError>([&] { wrong.run(command("PING")); }),
              HasSubstr("has no database 4711 for us: ERR DB index is out of range"));
}

TEST_F(ConnectionTest, ThrowsTheFirstErrorWithItsCommand) {
  const Batch batch = std::move(Batch().add("SET", "k", "v").add("LPUSH", "k", "secret"));

  EXPECT_EQ(thrown<CommandError>([&] { connection.run(batch); }),
            "Redis refused LPUSH k: WRONGTYPE Operation against a key holding the wrong kind of "
            "value");
  EXPECT_EQ(ask("GET", "k").text, "v");
}

TEST_F(ConnectionTest, NamesTheScriptThatFails) {
  EXPECT_THAT(thrown<CommandError>([&] { connection.run(Batch().call(kBroken, {}, {})); }),
              StartsWith("Redis refused the script 'broken': ERR"));
}

TEST_F(ConnectionTest, LeavesErrorsAmongTheRepliesOfATry) {
  const auto replies =
      connection.try_run(Batch().add("SET", "k", "v").add("INCR", "k").add("GET", "k"));

  EXPECT_FALSE(replies.at(0).is_error());
  EXPECT_TRUE(replies.at(1).is_error());
  EXPECT_EQ(replies.at(2).text, "v");
}

TEST_F(ConnectionTest, RunsATransaction) {
  const auto replies = connection.run(
      Batch().add("SET", "k", "v").add("LRANGE", "none", 0, -1).add("GET", "k").atomic());

  ASSERT_EQ(replies.size(), 3U);
  EXPECT_TRUE(replies[1].is_array());
  EXPECT_EQ(replies[2].text, "v");
}

TEST_F(ConnectionTest, BlamesTheCommandThatDiscardedATransaction) {
  const Batch batch = std::move(Batch().add("SET", "k", "v").add("GET").add("GET", "k").atomic());

  EXPECT_EQ(thrown<CommandError>([&] { connection.run(batch); }),
            "Redis refused GET: ERR wrong number of arguments for 'get' command");
  EXPECT_TRUE(ask("GET", "k").is_nil());
}

TEST_F(ConnectionTest, ReportsAnErrorInsideATransactionAtItsCommand) {
  const auto replies =
      connection.try_run(Batch().add("SET", "k", "v").add("INCR", "k").add("GET", "k").atomic());

  EXPECT_TRUE(replies.at(1).is_error());
  EXPECT_EQ(replies.at(2).text, "v");
}

TEST_F(ConnectionTest, RunsAScriptAfterRedisForgotIt) {
  connection.run(Batch().call(kAppend, {"list"}, {"1"}));
  ask("SCRIPT", "FLUSH");

  const auto replies = connection.run(Batch()
                                          .add("RPUSH", "other", "a")
                                          .call(kAppend, {"list"}, {"2"})
                                          .call(kAppend, {"list"}, {"3"})
                                          .add("RPUSH", "other", "b"));

  EXPECT_EQ(replies.at(0).number, 1);
  EXPECT_EQ(replies.at(1).number, 2);
  EXPECT_EQ(replies.at(2).number, 3);
  EXPECT_EQ(replies.at(3).number, 2);
  EXPECT_THAT(list("list"), testing::ElementsAre("1", "2", "3"));
}

TEST_F(ConnectionTest, KeepsTheOrderOfCommandsAroundAScriptNewToRedis) {
  connection.run(Batch()
                     .add("RPUSH", "list", "first")
                     .call(kAppend, {"list"}, {"second"})
                     .add("RPUSH", "list", "third"));

  EXPECT_THAT(list("list"), testing::ElementsAre("first", "second", "third"));
}

TEST_F(ConnectionTest, MovesAValueOf50Megabytes) {
  std::string value(std::size_t{50} << 20, 'x');
  for (std::size_t i = 0; i < value.size(); i += 4093) value[i] = static_cast<char>(i);

  connection.run(command("SET", {"k", value}));

  EXPECT_EQ(connection.run(command("GET", {"k"})).at(0).text == value, true);
}

TEST_F(ConnectionTest, TakesManyCommandsInOneBatch) {
  Batch batch;
  for (int i = 0; i < 20'000; ++i) batch.add("INCR", "n");

  const auto replies = connection.run(batch);

  ASSERT_EQ(replies.size(), 20'000U);
  EXPECT_EQ(replies.back().number, 20'000);
}

TEST_F(ConnectionTest, SaysThatNobodyIsThere) {
  Settings settings = test::server().tcp_settings();
  settings.port = 1;  // reserved: nobody listens there
  Connection nobody(settings);
  Connection no_socket(Settings{.unix_path = "/nowhere/redis.sock"});

  EXPECT_EQ(thrown<ConnectionError>([&] { nobody.run(command("PING")); }),
            "cannot reach redis://127.0.0.1:1/0: connection refused. Start Redis or set "
            "RQ_REDIS_URL.");
  EXPECT_EQ(
      thrown<ConnectionError>([&] { no_socket.run(command("PING")); }),
      "cannot reach unix:///nowhere/redis.sock: no such file or directory. Start Redis or set "
      "RQ_REDIS_URL.");
}

TEST_F(ConnectionTest, SaysThatAHostHasNoAddress) {
  Connection unknown(Settings{.host = "rqpp.invalid"});

  EXPECT_THAT(
      thrown<ConnectionError>([&] { unknown.run(command("PING")); }),
      StartsWith("cannot reach redis://rqpp.invalid:6379/0: the host 'rqpp.invalid' cannot be "
                 "looked up ("));
}

TEST_F(ConnectionTest, GivesUpOnASlowAnswer) {
  Settings settings = test::server().settings();
  settings.io_timeout = 50ms;
  Connection slow(settings);

  EXPECT_EQ(thrown<TimeoutError>([&] {
              slow.run(command("DEBUG", {"SLEEP", "0.3"}));
            }),
            to_display(settings) + " did not answer within 50 ms.");
  EXPECT_FALSE(slow.open()) << "the late answer would pass for the next one";
}

TEST_F(ConnectionTest, WaitsLongerWhenToldTo) {
  Settings settings = test::server().settings();
  settings.io_timeout = 50ms;
  Connection patient(settings);

  const auto replies = patient.run(command("BLPOP", {"none", "0.2"}), 5s);

  EXPECT_TRUE(replies.at(0).is_nil());
}

TEST_F(ConnectionTest, GivesUpOnAServerThatDoesNotGreet) {
  CuttingProxy proxy(test::server().settings().unix_path);
  proxy.swallow_replies();
  Settings settings = proxy.settings();
  settings.connect_timeout = 50ms;
  Connection mute(settings);

  EXPECT_EQ(thrown<TimeoutError>([&] { mute.run(command("PING")); }),
            "cannot reach " + to_display(settings) +
                ": no answer within 50 ms. Start Redis or set RQ_REDIS_URL.");
}

TEST_F(ConnectionTest, DoesNotCountSlowBytesAsSilence) {
  CuttingProxy proxy(test::server().settings().unix_path);
  Connection first(proxy.settings());

  EXPECT_EQ(first.run(command("PING")).at(0).text, "PONG");
  proxy.swallow_replies();
  EXPECT_THROW(first.run(command("PING"), 50ms), TimeoutError);
  proxy.heal();

  EXPECT_EQ(first.run(command("PING")).at(0).text, "PONG") << "it connects anew";
}

TEST_F(ConnectionTest, RefusesToRunBetweenUntakenBatches) {
  connection.run(command("PING"));
  connection.send(command("PING"));

  EXPECT_THROW(connection.run(command("PING")), InvalidArgument);
}

// --- what happens when the connection breaks ---

/// A server of its own, to be stopped and started.
class RestartTest : public testing::Test {
 protected:
  sandbox::EphemeralServer server{
      {.tcp = true, .arguments = {"--appendonly", "yes", "--appendfsync", "always"}}};
};

TEST_F(RestartTest, ReconnectsByItselfAfterAnIdleConnectionDied) {
  for (const Settings& settings : {server.settings(), server.tcp_settings()}) {
    Connection connection(settings);
    connection.run(command("SET", {"k", "v"}));

    server.stop();
    server.start();

    EXPECT_EQ(connection.run(command("GET", {"k"})).at(0).text, "v");
  }
}

TEST_F(RestartTest, SaysThatTheServerIsGoneAndRecoversWhenItIsBack) {
  Connection connection(server.tcp_settings());
  connection.run(command("PING"));

  server.stop();
  EXPECT_THAT(thrown<ConnectionError>([&] { connection.run(command("PING")); }),
              HasSubstr(to_display(server.tcp_settings())));
  server.start();

  EXPECT_EQ(connection.run(command("PING")).at(0).text, "PONG");
}

TEST_F(ConnectionTest, DoesNotRepeatABatchThatWasSent) {
  CuttingProxy proxy(test::server().settings().unix_path);
  Connection cut(proxy.settings());
  cut.run(command("PING"));
  proxy.cut_after_received(1);

  EXPECT_THAT(thrown<ConnectionError>([&] { cut.run(command("INCR", {"n"})); }),
              StartsWith("lost the connection to unix:///tmp/rqpp-proxy-"));
  proxy.heal();

  EXPECT_EQ(ask("GET", "n").text, "1") << "it ran, and only once";
  EXPECT_EQ(cut.run(command("INCR", {"n"})).at(0).number, 2);
}

TEST_F(ConnectionTest, LosesNoPartOfATransactionThatWasCutOnItsWay) {
  CuttingProxy proxy(test::server().settings().unix_path);
  const Batch batch = std::move(Batch().add("INCR", "n").add("INCR", "n").atomic());
  constexpr std::size_t kWhole = 71;  // MULTI, two INCR, EXEC
  for (std::size_t bytes = 1; bytes < kWhole; ++bytes) {
    Connection cut(proxy.settings());
    cut.run(command("PING"));
    proxy.cut_after_sent(bytes);

    EXPECT_THROW(cut.run(batch), ConnectionError) << bytes;

    proxy.heal();
    EXPECT_TRUE(ask("GET", "n").is_nil()) << bytes;
  }
}

TEST_F(ConnectionTest, SurvivesACutAtEveryByteOfAReply) {
  CuttingProxy proxy(test::server().settings().unix_path);
  const Batch batch = std::move(Batch().add("ECHO", "hello").add("LRANGE", "none", 0, -1));
  for (std::size_t bytes = 1; bytes < 15; ++bytes) {
    Connection cut(proxy.settings());
    cut.run(command("PING"));
    proxy.cut_after_received(bytes);

    EXPECT_THROW(cut.run(batch), ConnectionError) << bytes;

    proxy.heal();
    EXPECT_EQ(cut.run(batch).at(0).text, "hello") << bytes;
  }
}

TEST_F(ConnectionTest, RaisesNoSignalWhenItWritesToADeadServer) {
  sandbox::EphemeralServer short_lived;
  Connection doomed(short_lived.settings());
  doomed.run(command("PING"));
  ASSERT_NE(std::signal(SIGPIPE, SIG_DFL), SIG_ERR);

  short_lived.stop();

  EXPECT_THROW(doomed.run(command("PING")), ConnectionError);
}

// --- passwords ---

class PasswordTest : public testing::Test {
 protected:
  PasswordTest() { admin.run(command("ACL", {"SETUSER", "bob", "on", ">hush", "~*", "+@all"})); }

  std::string refusal(const std::string& user, const std::string& password) {
    Settings settings = server.tcp_settings();
    settings.username = user;
    settings.password = password;
    Connection connection(settings);
    return thrown<ConnectionError>([&] { connection.run(command("PING")); });
  }

  sandbox::EphemeralServer server{{.tcp = true}};
  Connection admin{server.settings()};
};

TEST_F(PasswordTest, AcceptsUserAndPassword) {
  Settings settings = server.tcp_settings();
  settings.username = "bob";
  settings.password = "hush";
  Connection connection(settings);

  EXPECT_EQ(connection.run(command("ACL", {"WHOAMI"})).at(0).text, "bob");
}

TEST_F(PasswordTest, SaysThatThePasswordIsWrong) {
  const std::string message = refusal("bob", "wr0ng");

  EXPECT_THAT(message, HasSubstr("refused the password of user 'bob' (WRONGPASS"));
  EXPECT_THAT(message, testing::Not(HasSubstr("wr0ng")));
}

TEST_F(PasswordTest, SaysThatNoPasswordIsWanted) {
  EXPECT_THAT(refusal("", "hush"), HasSubstr("asks for no password, but one is set."));
}

TEST_F(PasswordTest, SaysThatAPasswordIsMissing) {
  admin.run(command("CONFIG", {"SET", "requirepass", "hush"}));

  EXPECT_THAT(refusal("", ""), HasSubstr("asks for a password."));
  EXPECT_THAT(refusal("", "wrong"), HasSubstr("refused the password (WRONGPASS"));
  EXPECT_EQ(refusal("", "hush"), "nothing was thrown");
}

TEST_F(PasswordTest, SaysThatTheServerIsFull) {
  admin.run(command("CONFIG", {"SET", "maxclients", "1"}));

  EXPECT_THAT(refusal("", ""), HasSubstr("max number of clients reached"));
}

}  // namespace
}  // namespace rqpp::redis
