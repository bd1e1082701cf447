#include <gtest/gtest.h>

#include "protocol/scripts.h"
#include "redis/protocol/protocol_test.h"

namespace rqpp::protocol {
namespace {

using Scripts = ProtocolTest;

TEST_F(Scripts, AreKnownByTheShaThatRedisComputes) {
  for (const redis::Script* script : {&scripts::claim, &scripts::settle, &scripts::requeue}) {
    EXPECT_EQ(script->sha(), ask("SCRIPT", "LOAD", script->text()).text) << script->name();
  }
}

}  // namespace
}  // namespace rqpp::protocol
