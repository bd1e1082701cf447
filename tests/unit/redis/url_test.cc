#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

#include "redis/settings.h"
#include "redis/url_options.h"
#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Not;

struct Good {
  const char* url;
  Settings settings;
};

class GoodUrl : public testing::TestWithParam<Good> {};

TEST_P(GoodUrl, IsRead) { EXPECT_EQ(parse_url(GetParam().url), GetParam().settings); }

TEST_P(GoodUrl, IsReadBackFromItsSettings) {
  EXPECT_EQ(parse_url(to_url(GetParam().settings)), GetParam().settings)
      << to_url(GetParam().settings);
}

INSTANTIATE_TEST_SUITE_P(
    Tcp, GoodUrl,
    testing::Values(
        Good{"redis://", {}}, Good{"redis://localhost", {}}, Good{"redis:///", {}},
        Good{"redis://db", {.host = "db"}}, Good{"redis://db:6380", {.host = "db", .port = 6380}},
        Good{"redis://db:", {.host = "db"}}, Good{"redis://:6380", {.port = 6380}},
        Good{"redis://db/", {.host = "db"}}, Good{"redis://db/7", {.host = "db", .db = 7}},
        Good{"redis://db:1/2147483647", {.host = "db", .port = 1, .db = 2147483647}},
        Good{"redis://:pw@db:65535/1", {.host = "db", .port = 65535, .db = 1, .password = "pw"}},
        Good{"redis://me:pw@db", {.host = "db", .username = "me", .password = "pw"}},
        Good{"redis://me@db", {.host = "db", .username = "me"}},
        Good{"redis://a%40b:p%2Fq%3A%23%25@d%2Db",
             {.host = "d-b", .username = "a@b", .password = "p/q:#%"}},
        Good{"redis://me:p:q@db", {.host = "db", .username = "me", .password = "p:q"}},
        Good{"redis://me:p@q@db", {.host = "db", .username = "me", .password = "p@q"}},
        Good{"redis://[::1]:6380/2", {.host = "::1", .port = 6380, .db = 2}},
        Good{"redis://:pw@[fe80::1%25eth0]", {.host = "fe80::1%eth0", .password = "pw"}},
        Good{"redis://db#fragment", {.host = "db"}}));

INSTANTIATE_TEST_SUITE_P(
    Unix, GoodUrl,
    testing::Values(Good{"unix:///tmp/redis.sock", {.unix_path = "/tmp/redis.sock"}},
                    Good{"unix:///tmp/redis.sock?db=2", {.unix_path = "/tmp/redis.sock", .db = 2}},
                    Good{"unix://:pw@/tmp/r.sock", {.unix_path = "/tmp/r.sock", .password = "pw"}},
                    Good{"unix://me:pw@/tmp/r%20s",
                         {.unix_path = "/tmp/r s", .username = "me", .password = "pw"}},
                    Good{"unix:///tmp/a@b.sock", {.unix_path = "/tmp/a@b.sock"}}));

INSTANTIATE_TEST_SUITE_P(
    Options, GoodUrl,
    testing::Values(
        Good{"redis://db/1?db=2", {.host = "db", .db = 2}}, Good{"redis://db?", {.host = "db"}},
        Good{"redis://db?db=1&", {.host = "db", .db = 1}},
        Good{"redis://db?username=u&password=p%26",
             {.host = "db", .username = "u", .password = "p&"}},
        Good{"redis://db?client_name=a@b", {.host = "db", .client_name = "a@b"}},
        Good{"redis://db?socket_timeout=1.5&socket_connect_timeout=0.25",
             {.host = "db", .connect_timeout = 250ms, .io_timeout = 1500ms}},
        Good{"redis://db?socket_timeout=None", {.host = "db", .io_timeout = 0ms}},
        Good{"redis://db?socket_timeout=0.0001", {.host = "db", .io_timeout = 1ms}},
        Good{"rediss://db", {.host = "db", .tls = {.enabled = true}}},
        Good{"rediss://db?ssl_ca_certs=/ca.pem&ssl_certfile=/c.pem&ssl_keyfile=/k.pem",
             {.host = "db",
              .tls = {.enabled = true,
                      .ca_file = "/ca.pem",
                      .certificate_file = "/c.pem",
                      .key_file = "/k.pem"}}},
        Good{"rediss://db?ssl_cert_reqs=none",
             {.host = "db", .tls = {.enabled = true, .verify = false}}},
        Good{"rediss://db?ssl_cert_reqs=optional", {.host = "db", .tls = {.enabled = true}}},
        Good{"rediss://db?ssl_cert_reqs=required", {.host = "db", .tls = {.enabled = true}}},
        Good{"rediss://db?ssl_check_hostname=False&ssl_ca_data=x%0Ay",
             {.host = "db",
              .tls = {.enabled = true, .ca_data = "x\ny", .check_host_name = false}}}));

TEST(IgnoredOptions, AreThoseThatOnlyPythonNeeds) {
  const char* url =
      "redis://db/1?ssl_cert_reqs=none&decode_responses=True&socket_timeout=5&protocol=3"
      "&health_check_interval=30&retry_on_timeout=yes&max_connections=10&encoding=utf-8"
      "&socket_keepalive=1&lib_name=x&timeout=20&ssl_validate_ocsp=False";

  EXPECT_EQ(
      parse_url(url),
      (Settings{
          .host = "db", .db = 1, .tls = {.verify = false}, .io_timeout = std::chrono::seconds{5}}));
  EXPECT_THAT(ignored_options(url),
              testing::ElementsAre("decode_responses", "protocol", "health_check_interval",
                                   "retry_on_timeout", "max_connections", "encoding",
                                   "socket_keepalive", "lib_name", "timeout"));
  EXPECT_THAT(ignored_options("redis://db?db=2"), testing::IsEmpty());
}

struct Bad {
  const char* url;
  const char* message;
};

std::string refusal_of_url(const std::string& url) {
  try {
    parse_url(url);
  } catch (const InvalidArgument& error) {
    return error.what();
  }
  return "accepted";
}

class BadUrl : public testing::TestWithParam<Bad> {};

TEST_P(BadUrl, IsRefusedWithTheReason) {
  EXPECT_EQ(refusal_of_url(GetParam().url),
            "cannot read the Redis URL " + std::string(GetParam().message));
}

INSTANTIATE_TEST_SUITE_P(
    All, BadUrl,
    testing::Values(
        Bad{"", "'': it does not begin with redis://, rediss:// or unix://."},
        Bad{"localhost:6379",
            "'localhost:6379': it does not begin with redis://, rediss:// or unix://."},
        Bad{"http://db", "'http://db': the scheme 'http' is not redis, rediss or unix."},
        Bad{"redis://db:99999", "'redis://db:99999': port '99999' is not between 1 and 65535."},
        Bad{"redis://db:0", "'redis://db:0': port '0' is not between 1 and 65535."},
        Bad{"redis://db:-1", "'redis://db:-1': port '-1' is not between 1 and 65535."},
        Bad{"redis://db:99999999999999999999",
            "'redis://db:99999999999999999999': port '99999999999999999999' is not between 1 and "
            "65535."},
        Bad{"redis://db:12x", "'redis://db:12x': port '12x' is not a number."},
        Bad{"redis://db/x", "'redis://db/x': the database 'x' is not a number."},
        Bad{"redis://db/-1", "'redis://db/-1': the database '-1' is not between 0 and 2147483647."},
        Bad{"redis://db/1/2", "'redis://db/1/2': the database '1/2' is not a number."},
        Bad{"redis://::1", "'redis://::1': an IPv6 host needs [ and ] around it."},
        Bad{"redis://[::1", "'redis://[::1': the [ of the host has no ]."},
        Bad{"redis://[]", "'redis://[]': the host is empty."},
        Bad{"redis://[::1]x", "'redis://[::1]x': after the ] of the host comes neither : nor /."},
        Bad{"redis://d%2",
            "'redis://d%2': a % in the host is not followed by two hex digits; write %25."},
        Bad{"redis://d%00b", "'redis://d%00b': the host holds a zero byte."},
        Bad{"redis://db?db=1&tls=1", "'redis://db?db=1&tls=***': there is no option 'tls'."},
        Bad{"redis://db?db", "'redis://db?db': the option 'db' has no value."},
        Bad{"redis://db?socket_timeout=-1",
            "'redis://db?socket_timeout=-1': socket_timeout '-1' is not a number of seconds."},
        Bad{"redis://db?socket_timeout=nan",
            "'redis://db?socket_timeout=nan': socket_timeout 'nan' is not a number of seconds."},
        Bad{"redis://db?socket_timeout=1e300",
            "'redis://db?socket_timeout=1e300': socket_timeout '1e300' is not a number of "
            "seconds."},
        Bad{"redis://db?ssl_cert_reqs=some",
            "'redis://db?ssl_cert_reqs=some': ssl_cert_reqs 'some' is not none or required."},
        Bad{"rediss://db?ssl_validate_ocsp=True",
            "'rediss://db?ssl_validate_ocsp=True': rqpp cannot do what ssl_validate_ocsp asks "
            "for."},
        Bad{"rediss://db?ssl_ca_path=/ca",
            "'rediss://db?ssl_ca_path=/ca': rqpp cannot do what ssl_ca_path asks for."},
        Bad{"redis://db?pass=s3cret&db=1", "'redis://db?pass=***': there is no option 'pass'."},
        Bad{"redis://db?ssl_check_hostname=maybe",
            "'redis://db?ssl_check_hostname=maybe': ssl_check_hostname 'maybe' is not true or "
            "false."},
        Bad{"unix://", "'unix://': it names no socket; write unix:///path/to/redis.sock."},
        Bad{"unix:///", "'unix:///': it names no socket; write unix:///path/to/redis.sock."},
        Bad{"unix://tmp/redis.sock",
            "'unix://tmp/redis.sock': the path of a socket is absolute; write "
            "unix:///path/to/redis.sock."}));

TEST(ParseUrl, RefusesAZeroByte) {
  EXPECT_EQ(refusal_of_url(std::string("redis://a\0b", 11)),
            "cannot read the Redis URL 'redis://a?b': it holds a zero byte.");
}

TEST(ParseUrl, KeepsLineBreaksOutOfMessages) {
  EXPECT_THAT(refusal_of_url("redis://db:1\n2"), HasSubstr("port '1?2' is not a number"));
}

TEST(ParseUrl, RefusesASocketPathThatTheSystemCannotTake) {
  const std::string longest = "/" + std::string(106, 'x');

  EXPECT_EQ(parse_url("unix://" + longest).unix_path, longest);
  EXPECT_THAT(refusal_of_url("unix://" + longest + "x"),
              HasSubstr("the path of a socket has at most 107 bytes, this one 108"));
}

TEST(ParseUrl, NeverShowsAPassword) {
  for (const char* url : {"redis://me:s3cret@db:99999",
                          "redis://s3cret@db:99999",
                          "redis://:s3/cret@db",
                          "redis://:12/s3cret@db",
                          "redis://me:s3?cret@db",
                          "redis://me:s3#cret@db:x",
                          "redis://me:s3%cret@db",
                          "redis://db?password=s3cret&x=y",
                          "redis://db?password=a&s3cret",
                          "redis://db?password=a&s3cret=1",
                          "redis://db/x?password=s3cret",
                          "nope://me:s3cret@db",
                          "me:s3cret@db",
                          "unix://me:s3cret@tmp/x",
                          "redis://:s3&cret@db:x",
                          "redis://me:a@s3cret@db:x",
                          "redis://me:1/2?db=s3cret@db",
                          "redis://db?pass=s3cret",
                          "redis://db?pass=a&s3cret",
                          "redis://db?auth=s3cret&db=x",
                          "redis://db?pwd=s3&cret=1",
                          "redis://db:x?pass=s3cret",
                          "redis://db?db=x&ssl_password=s3cret",
                          "unix:///s?passwd=s3cret",
                          "http://db?token=s3cret"}) {
    const std::string text = refusal_of_url(url);
    EXPECT_THAT(text, HasSubstr("cannot read the Redis URL")) << url;
    EXPECT_THAT(text, Not(HasSubstr("s3"))) << url;
    EXPECT_THAT(text, Not(HasSubstr("cret"))) << url;
  }
}

TEST(ParseUrl, SaysHowToWriteASlashInAPassword) {
  EXPECT_EQ(refusal_of_url("redis://:12/34@db"),
            "cannot read the Redis URL 'redis://:***@db': the database '***' is not a number. In a "
            "password write %2F for /, %3F for ?, %23 for #, %26 for & and %40 for @.");
}

TEST(ToDisplay, ShowsWhereButNoPassword) {
  EXPECT_EQ(to_display({}), "redis://localhost:6379/0");
  EXPECT_EQ(to_display({.host = "db", .username = "me", .password = "pw"}), "redis://me@db:6379/0");
  EXPECT_EQ(to_display({.host = "db", .password = "pw"}), "redis://db:6379/0");
  EXPECT_EQ(to_display({.host = "::1", .port = 1, .db = 2, .tls = {.enabled = true}}),
            "rediss://[::1]:1/2");
  EXPECT_EQ(to_display({.unix_path = "/tmp/a b", .password = "pw"}), "unix:///tmp/a%20b");
  EXPECT_EQ(to_display({.unix_path = "/tmp/r", .db = 3}), "unix:///tmp/r?db=3");
}

}  // namespace
}  // namespace rqpp::redis
