// A task that forks returns more than once. Only the process that was asked has an outcome.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "support/worker_test.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class ForkingJobs : public WorkerTest {
 protected:
  ~ForkingJobs() override { fs::remove(file_); }

  /// Between jobs that would get the outcome of the child.
  Value result_between_others(const std::string& task, Value::Items args = {}) {
    const AnyJob before = enqueue("horses.add", {1, 1});
    const AnyJob job = enqueue("forkers." + task, std::move(args));
    std::vector<AnyJob> behind;
    for (int i = 0; i < 20; ++i) behind.push_back(enqueue("horses.add", {i, 100}));

    last_ = burst({"--jobs-per-horse", "100"});

    EXPECT_EQ(last_.exit_code, 0);
    EXPECT_EQ(before.result(), Value(2));
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(behind[static_cast<std::size_t>(i)].result(), Value(i + 100)) << task;
    }
    return job.result().value_or(Value("no result"));
  }
  std::string written() const {
    std::ifstream in(file_);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const fs::path file_ = fs::temp_directory_path() / ("rqpp-fork-" + std::to_string(::getpid()));
  Ended last_{};
};

TEST_F(ForkingJobs, HaveOneOutcomeThoughTheChildReturns) {
  EXPECT_EQ(result_between_others("fork_and_return"), Value(0));
}

TEST_F(ForkingJobs, HaveOneOutcomeThoughTheChildIsAClone) {
  EXPECT_EQ(result_between_others("clone_and_return"), Value(0));
}

TEST_F(ForkingJobs, HaveOneOutcomeThoughTheChildThrows) {
  EXPECT_EQ(result_between_others("fork_and_throw"), Value(1 << 8));
}

TEST_F(ForkingJobs, HaveOneOutcomeThoughTheChildEndsItsThread) {
  EXPECT_EQ(result_between_others("fork_and_end_thread").kind(), Value::Kind::integer);
}

TEST_F(ForkingJobs, LetTheChildExit) {
  EXPECT_EQ(result_between_others("fork_and_exit", {7}), Value(7 << 8));
}

TEST_F(ForkingJobs, PrintOnceWhatWasBuffered) {
  result_between_others("print_and_fork", {"once"});

  EXPECT_EQ(last_.out, "once");
}

TEST_F(ForkingJobs, AreNotSpokenForByTheChild) {
  EXPECT_EQ(result_between_others("speak_in_child", {file_.string()}), Value("spoken"));

  EXPECT_THAT(written(), AllOf(HasSubstr("meta: the job "), HasSubstr("call: the job "),
                               HasSubstr(" runs in another process, which forked this one")));
  EXPECT_EQ(ask("LLEN", "rq:queue:default").number, 0);
}

TEST_F(ForkingJobs, InAFreshProcessEachHaveOneOutcomeToo) {
  const AnyJob job = enqueue("forkers.fork_and_return");
  const AnyJob next = enqueue("horses.add", {1, 1});

  EXPECT_EQ(burst().exit_code, 0);

  EXPECT_EQ(job.result(), Value(0));
  EXPECT_EQ(next.result(), Value(2));
}

// ---- threads

TEST_F(ForkingJobs, AreNotSpokenForByAThreadThatStays) {
  const AnyJob job = enqueue("forkers.leave_a_thread", {file_.string()});
  const AnyJob next = enqueue("gates.pass", {file_.string()});

  EXPECT_EQ(burst({"--jobs-per-horse", "10"}).exit_code, 0);

  EXPECT_EQ(next.status(), Status::finished);
  EXPECT_EQ(next.meta(), Value::dict());
  EXPECT_THAT(written(),
              AllOf(HasSubstr("the job " + job.id() + " is over"), HasSubstr("stop: true")));
}

}  // namespace
}  // namespace rqpp::test
