#include "protocol/control.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

using redis::to_text;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

std::string message_of(const redis::Batch& batch) { return batch.commands()[0].args.at(2); }

auto reading(std::string message) {
  return [message = std::move(message)] { read_command(message); };
}

TEST(Control, IsPublishedOnTheWorkersOwnChannelAsRqWritesIt) {
  EXPECT_EQ(to_text(shutdown("w")), R"(
PUBLISH rq:pubsub:w "{\"command\": \"shutdown\"}"
)");
  EXPECT_EQ(message_of(kill_horse("w")), R"({"command": "kill-horse"})");
  EXPECT_EQ(message_of(stop_job("w", "j1")), R"({"command": "stop-job", "job_id": "j1"})");
  EXPECT_EQ(message_of(stop_execution("w", "j1", "e1")),
            R"({"command": "stop-execution", "job_id": "j1", "execution_id": "e1"})");
}

TEST(Control, IsReadAsItWasSent) {
  EXPECT_EQ(read_command(message_of(shutdown("w"))), Command(Shutdown{}));
  EXPECT_EQ(read_command(message_of(kill_horse("w"))), Command(KillHorse{}));
  EXPECT_EQ(read_command(message_of(stop_job("w", "j ü"))), Command(StopJob{"j ü"}));
  EXPECT_EQ(read_command(message_of(stop_execution("w", "j", "e"))),
            Command(StopExecution{"j", "e"}));
}

TEST(Control, IgnoresWhatItDoesNotKnow) {
  EXPECT_EQ(read_command(R"({"command": "dance"})"), std::nullopt);
  EXPECT_EQ(read_command(R"({"command": "shutdown", "why": [1, {}]})"), Command(Shutdown{}));
}

TEST(Control, RefusesWhatIsNoCommand) {
  EXPECT_THAT(reading("shutdown"),
              ThrowsMessage<DecodeError>(HasSubstr("'shutdown', is not JSON: ")));
  EXPECT_THAT(reading("[1]"), ThrowsMessage<DecodeError>(HasSubstr("'[1]', is no JSON object")));
  EXPECT_THAT(reading(R"({"order": 1})"),
              ThrowsMessage<DecodeError>(HasSubstr("no text as its 'command': {'order': 1}")));
  EXPECT_THAT(reading(R"({"command": "stop-job", "job_id": 7})"),
              ThrowsMessage<DecodeError>(HasSubstr("no text as its 'job_id'")));
  EXPECT_THAT(reading(R"({"command": "stop-job", "job_id": ""})"),
              ThrowsMessage<DecodeError>(HasSubstr("no text as its 'job_id'")));
  EXPECT_THAT(reading(R"({"command": "stop-execution", "job_id": "j"})"),
              ThrowsMessage<DecodeError>(HasSubstr("no text as its 'execution_id'")));
}

TEST(Control, BoundsWhatAMessageMayCost) {
  EXPECT_THAT(reading(std::string(65'537, ' ')),
              ThrowsMessage<DecodeError>(HasSubstr("has 65537 bytes: 65536 are allowed")));
  EXPECT_THROW(read_command(std::string(65'536, '[')), DecodeError);
}

}  // namespace
}  // namespace rqpp::protocol
