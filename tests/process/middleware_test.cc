#include <gtest/gtest.h>

#include "support/program.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {
namespace {

class Middleware : public RedisTest {};

TEST_F(Middleware, CarriesAContextFromTheProducerToTheHorse) {
  const EnqueueMiddleware carry = [](const Call&, EnqueueOptions& options) {
    options.set_meta("trace_id", "4bf92f");
  };
  Queue queue("default", {.url = server().url(), .middleware = {carry}});
  const Job<std::string> job = queue.enqueue(call<std::string>("traced.trace"));

  const Ended worker = rqpp(
      {"worker", "--burst", "--path", in_build("tests/modules").string(), "--url", server().url()});

  EXPECT_EQ(worker.exit_code, 0) << worker.err;
  EXPECT_EQ(job.result(), "traced.trace for 4bf92f");
}

}  // namespace
}  // namespace rqpp::test
