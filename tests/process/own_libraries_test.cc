// A module may bring its own release of whatever rqpp is made of: librqpp shows nothing of it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/worker_test.h"

namespace rqpp::test {
namespace {

class OwnLibraries : public WorkerTest {};

TEST_F(OwnLibraries, OfAModuleAreItsOwn) {
  const Job<std::string> job = queue_.enqueue(call<std::string>("brings_own.ask"));

  const Ended worker = burst();

  EXPECT_EQ(worker.exit_code, 0) << worker.err;
  EXPECT_EQ(job.result(),
            "own spdlog, own logger, own fmt, own json, own OpenSSL, own zlib, own hiredis");
}

// Both answer to names of zlib, one after the other in one horse.
TEST_F(OwnLibraries, OfAModuleDoNotReachIntoRqpp) {
  const Job<std::string> before = queue_.enqueue(call<std::string>("brings_own.ask"));
  const Job<long> after = queue_.enqueue(call<long>("sums.add", 1, 2));

  const Ended worker = burst({"--jobs-per-horse", "10"});

  EXPECT_EQ(worker.exit_code, 0) << worker.err;
  EXPECT_THAT(before.result(), testing::Optional(testing::StartsWith("own spdlog")));
  EXPECT_EQ(after.result(), 3);
}

}  // namespace
}  // namespace rqpp::test
