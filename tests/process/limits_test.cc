// What a run may take, what it took, and who ended it.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "support/sanitizers.h"
#include "support/worker_test.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
namespace fs = std::filesystem;

class Limits : public WorkerTest {};

TEST_F(Limits, OfMemoryAreNamed) {
  if (kAddressSanitizer || kThreadSanitizer) {
    GTEST_SKIP() << "the sanitizer ends a process that has no memory left";
  }
  const AnyJob job = enqueue("talkers.fill_memory");
  const AnyJob thread = enqueue("talkers.fill_memory_in_thread");
  const AnyJob next = enqueue("horses.pid");

  ASSERT_EQ(burst({"--max-memory", "64M"}).exit_code, 0);

  constexpr const char* kText =
      "MemoryLimitExceeded: the job wanted more than its 64 MiB of memory (--max-memory)";
  EXPECT_THAT(job.exc_info(), AllOf(HasSubstr("std::bad_alloc"), HasSubstr(kText)));
  EXPECT_THAT(thread.exc_info(), HasSubstr(kText));
  EXPECT_EQ(next.status(), Status::finished);
}

TEST_F(Limits, OfMemoryHoldForEachJobOfAHorse) {
  if (kAddressSanitizer || kThreadSanitizer) {
    GTEST_SKIP() << "the sanitizer ends a process that has no memory left";
  }
  const AnyJob small = enqueue("talkers.keep_memory", {20});
  const AnyJob large = enqueue("talkers.keep_memory", {200});
  const AnyJob again = enqueue("talkers.keep_memory", {20});

  ASSERT_EQ(burst({"--max-memory", "64M", "--jobs-per-horse", "10"}).exit_code, 0);

  EXPECT_EQ(small.status(), Status::finished);
  EXPECT_THAT(large.exc_info(), HasSubstr("MemoryLimitExceeded"));
  EXPECT_EQ(again.status(), Status::finished);
}

TEST_F(Limits, OfCpuTimeAreNamedWithTheirPlace) {
  if (kThreadSanitizer) GTEST_SKIP() << "ThreadSanitizer holds signals back until a system call";
  const AnyJob job = enqueue("talkers.burn_cpu");
  const AnyJob next = enqueue("horses.pid");

  ASSERT_EQ(burst({"--max-cpu", "1"}).exit_code, 0);

  EXPECT_THAT(job.exc_info(), HasSubstr("burn_cpu"));
  EXPECT_THAT(
      job.exc_info(),
      HasSubstr("CpuLimitExceeded: the job used more than its 1 s of CPU time (--max-cpu)"));
  EXPECT_EQ(next.status(), Status::finished);
}

TEST_F(Limits, OfCpuTimeBeginAnewWithEachJobOfAHorse) {
  std::vector<AnyJob> jobs;
  for (int i = 0; i < 3; ++i) jobs.push_back(enqueue("talkers.burn_cpu_for", {600}));
  const AnyJob last = enqueue("talkers.burn_cpu");

  ASSERT_EQ(burst({"--max-cpu", "1", "--jobs-per-horse", "10"}).exit_code, 0);

  for (const AnyJob& job : jobs) EXPECT_EQ(job.status(), Status::finished);
  EXPECT_THAT(last.exc_info(), HasSubstr("CpuLimitExceeded"));
}

TEST_F(Limits, OfCpuTimeEndAJobThatDoesNotListen) {
  const AnyJob job = enqueue("talkers.burn_cpu_deaf");

  ASSERT_EQ(burst({"--max-cpu", "1"}).exit_code, 0);

  EXPECT_THAT(job.exc_info(), AllOf(HasSubstr("(signal 9)"), HasSubstr("CpuLimitExceeded")));
}

TEST_F(Limits, AreCheckedWhenTheWorkerStarts) {
  EXPECT_THAT(burst({"--max-memory", "3"}).err, HasSubstr("use 1 MiB or more"));
  EXPECT_THAT(burst({"--max-memory", "3X"}).err, HasSubstr("is no size"));
}

TEST_F(Limits, OfTimeEndAJobThatHasStoppedItself) {
  const AnyJob job = enqueue("talkers.stop_myself", {}, {.timeout = 1s});
  const AnyJob next = enqueue("horses.pid");

  ASSERT_EQ(burst({"--grace", "0"}).exit_code, 0);

  EXPECT_THAT(job.exc_info(), HasSubstr("exceeded maximum timeout value"));
  EXPECT_EQ(next.status(), Status::finished);
}

// ---- cost

TEST_F(Limits, ShowWhatAJobCost) {
  const AnyJob job = enqueue("talkers.burn_cpu_for", {50});
  const AnyJob memory = enqueue("talkers.keep_memory", {40});
  const AnyJob crash = enqueue("horses.crash");

  ASSERT_EQ(burst().exit_code, 0);

  const Usage usage = job.results().front().usage.value();
  EXPECT_GE(usage.user_cpu + usage.system_cpu, 40ms);
  EXPECT_GE(usage.wall, 50ms);
  EXPECT_LT(usage.wall, 60s);
  if (!kAddressSanitizer) {
    EXPECT_LT(usage.peak_memory_bytes, 200 << 20);
  }
  EXPECT_GT(memory.results().front().usage.value().peak_memory_bytes, 40 << 20);
  EXPECT_GT(crash.results().front().usage.value().peak_memory_bytes, 1 << 20);
}

TEST_F(Limits, ShowTheCostOnTheCommandLine) {
  const AnyJob job = enqueue("talkers.burn_cpu_for", {50});
  ASSERT_EQ(burst().exit_code, 0);

  EXPECT_THAT(rqpp({"job", "show", job.id(), "--url", server().url()}).out,
              AllOf(HasSubstr("took 0."), HasSubstr(" s user"), HasSubstr("peak memory")));
  EXPECT_THAT(rqpp({"job", "show", job.id(), "--json", "--url", server().url()}).out,
              AllOf(HasSubstr("\"peak_bytes\":"), HasSubstr("\"wall_us\":")));
}

// ---- modules and machines that are in a bad way

TEST_F(Limits, LiveOnWhateverIsWrongWithAModule) {
  const AnyJob crashes = enqueue("crashes_early.run");
  const AnyJob exits = enqueue("exits_early.run");
  const AnyJob throws = enqueue("throws_early.run");
  const AnyJob missing = enqueue("needs_missing.run");
  const AnyJob unresolved = enqueue("unresolved.run");
  const AnyJob number = enqueue("horses.throw_int");
  const AnyJob next = enqueue("horses.pid");

  ASSERT_EQ(burst().exit_code, 0);

  EXPECT_THAT(crashes.exc_info(), HasSubstr("it crashes: Killed (signal 9) while it is loaded"));
  EXPECT_THAT(exits.exc_info(), HasSubstr("it ends the process with status 0 while it is loaded"));
  EXPECT_THAT(throws.exc_info(), HasSubstr("throws when it is made: no model file"));
  EXPECT_THAT(missing.exc_info(), HasSubstr("librqpp_missing.so: cannot open shared object file"));
  EXPECT_THAT(unresolved.exc_info(), HasSubstr("undefined symbol"));
  EXPECT_THAT(number.exc_info(), HasSubstr("int: 42"));
  EXPECT_EQ(next.status(), Status::finished);
}

// Somebody copied the two files that they thought were all.
TEST_F(Limits, RunJobsWithoutTheProgramThatForksThem) {
  const fs::path folder = fs::temp_directory_path() / fmt::format("rqpp-copy-{}", ::getpid());
  fs::create_directories(folder);
  fs::copy_file(in_build("rqpp"), folder / "rqpp");
  fs::copy_file(in_build("lib/librqpp.so.0"), folder / "librqpp.so.0");
  const AnyJob job = enqueue("horses.add", {2, 3});

  const Ended ended = rqpp(
      {"worker", "--burst", "--path", in_build("tests/modules").string(), "--url", server().url()},
      {.program = (folder / "rqpp").string(),
       .environment = {{"LD_LIBRARY_PATH", folder.string()}}});

  fs::remove_all(folder);
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(job.status(), Status::finished);
}

/// A worker in a shell that has done something to itself first.
Ended burst_after(const std::string& preparation, const std::string& url) {
  return rqpp(
      {"-c", fmt::format("{}; exec {} worker --burst --path {} --url {}", preparation,
                         in_build("rqpp").string(), in_build("tests/modules").string(), url)},
      {.program = "/bin/sh"});
}

TEST_F(Limits, OfDescriptorsCostTheOutputFirst) {
  if (kAddressSanitizer) GTEST_SKIP() << "it looks at memory through a pipe of its own";
  bool told = false;
  for (int limit = 32; limit > 8 && !told; --limit) {
    const AnyJob job = enqueue("talkers.write_and_throw");
    const AnyJob next = enqueue("horses.pid");

    const Ended ended = burst_after(fmt::format("ulimit -n {}", limit), server().url());

    ASSERT_EQ(ended.exit_code, 0) << limit << ended.err;
    EXPECT_EQ(job.status(), Status::failed);
    EXPECT_EQ(next.status(), Status::finished);
    told = ended.err.find("cannot make a pipe for what jobs print: too many open files") !=
           std::string::npos;
  }
  EXPECT_TRUE(told);
}

bool is_open_to_all(fs::path folder) {
  for (; folder != folder.root_path(); folder = folder.parent_path()) {
    if ((fs::status(folder).permissions() & fs::perms::others_exec) == fs::perms::none)
      return false;
  }
  return true;
}

TEST_F(Limits, OfProcessesSlowAWorkerDownAndNoMore) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root, to become a user without processes";
  if (kThreadSanitizer) GTEST_SKIP() << "ThreadSanitizer has a thread in each process";
  if (!is_open_to_all(in_build("."))) GTEST_SKIP() << "other users cannot see this build";
  const AnyJob job = enqueue("horses.add", {2, 3});
  const AnyJob next = enqueue("horses.add", {4, 5});
  const std::string url = server().url();
  const std::size_t begin = std::string("unix://").size();
  const fs::path socket = url.substr(begin, url.find('?') - begin);
  fs::permissions(socket.parent_path(), fs::perms(0755));
  fs::permissions(socket, fs::perms(0777));

  // The number of processes does not bind root. This user has none: worker, stable, one horse.
  const Ended ended = rqpp(
      {"--reuid=54321", "--clear-groups", "prlimit", "--nproc=3", in_build("rqpp").string(),
       "worker", "--burst", "--path", in_build("tests/modules").string(), "--url", server().url()},
      {.program = "/usr/bin/setpriv"});

  EXPECT_EQ(ended.exit_code, 0) << ended.err;
  EXPECT_EQ(job.status(), Status::finished) << job.exc_info();
  EXPECT_EQ(next.status(), Status::finished);
  EXPECT_THAT(ended.err, HasSubstr("cannot fork a horse: cannot fork: resource temporarily "
                                   "unavailable"));
}

}  // namespace
}  // namespace rqpp::test
