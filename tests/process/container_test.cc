// A worker as process 1, as the first one of a container is.

#include <csignal>
#include <cstdlib>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/processes.h"
#include "support/worker_test.h"

namespace rqpp::test {
namespace {

using ::testing::HasSubstr;

class Container : public WorkerTest {
 protected:
  void SetUp() override {
    WorkerTest::SetUp();
    // NOLINTNEXTLINE(concurrency-mt-unsafe): no threads yet
    if (std::system("unshare -r -p -f --mount-proc true 2>/dev/null") != 0) {
      GTEST_SKIP() << "SKIPPED, NOTHING WAS TESTED: this machine allows no namespaces";
    }
  }
  static std::vector<std::string> in_container(std::vector<std::string> more) {
    std::vector<std::string> all{"-r", "-p", "-f", "--mount-proc", in_build("rqpp").string()};
    for (std::string& word : words(std::move(more))) all.push_back(std::move(word));
    return all;
  }
  const ProgramOptions options_{.program = "/usr/bin/unshare"};
};

TEST_F(Container, IsLeftWithoutZombies) {
  enqueue("orphans.leave", {20});
  const AnyJob look = enqueue("orphans.zombies_after_a_while");

  const Ended ended = rqpp(in_container({"--burst"}), options_);

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(look.result(), Value(0));
}

TEST_F(Container, EndsAsItsWorkerDoes) {
  const Ended ended = rqpp(in_container({"--burst", "--worker-ttl", "1"}), options_);

  EXPECT_EQ(ended.exit_code, 2) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("worker ttl"));
}

TEST_F(Container, HandsSignalsOnToItsWorker) {
  Program container(in_container({}), options_);
  container.await_error("*** Listening on");
  const auto below = children_of(container.pid());
  ASSERT_EQ(below.size(), 1U);

  ::kill(*below.begin(), SIGTERM);
  const Ended ended = container.wait();

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_THAT(ended.err, HasSubstr("warm shut down requested"));
}

}  // namespace
}  // namespace rqpp::test
