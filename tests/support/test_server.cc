#include "support/test_server.h"

namespace rqpp::test {

sandbox::EphemeralServer& server() {
  static sandbox::EphemeralServer only(
      {.tcp = true, .arguments = {"--enable-debug-command", "local"}});
  return only;
}

RedisTest::RedisTest() : connection(server().settings()) {
  redis::Batch batch;
  batch.add("FLUSHALL");
  batch.add("SCRIPT", "FLUSH");
  connection.run(batch);
}

}  // namespace rqpp::test
