// Backtraces of jobs that throw at the same place again and again, each in a process of its own.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "support/program.h"
#include "support/temporary_folder.h"
#include "support/worker_test.h"

#include <rqpp/error.h>

namespace rqpp::test {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class SymbolCacheOfHorses : public WorkerTest, public ::testing::WithParamInterface<std::string> {
 protected:
  std::string plugin() const { return (folder_ / "plugin.so").string(); }
  void install(int number) const {
    const std::string name = "plugin_" + GetParam() + "_" + std::to_string(number) + ".so";
    fs::copy_file(in_build("tests/modules/plugins") / name, folder_ / "new.so");
    fs::rename(folder_ / "new.so", plugin());
  }
  std::string failure() {
    const AnyJob job = enqueue("opens.fail", {plugin()});
    EXPECT_THROW(job.wait(30s), Error);
    return job.exc_info();
  }

  TemporaryFolder folder_{};
};

TEST_P(SymbolCacheOfHorses, DoesNotTakeABuildForAnother) {
  Program worker(words({"--jobs-per-horse", "1"}));
  for (const int number : {1, 2, 1}) {
    install(number);

    const std::string text = failure();

    const std::string other = std::to_string(3 - number);
    EXPECT_THAT(text, HasSubstr("out of plugin " + std::to_string(number)));
    EXPECT_THAT(text, AllOf(HasSubstr("tumble<" + std::to_string(number) + ">"),
                            Not(HasSubstr("tumble<" + other + ">"))));
  }
}

INSTANTIATE_TEST_SUITE_P(WithAndWithoutBuildIds, SymbolCacheOfHorses,
                         ::testing::Values("sha1", "none"));

class SymbolCacheOfModules : public SymbolCacheOfHorses {};

// Without what the horses before have left, there would be no lines: the file is gone.
TEST_P(SymbolCacheOfModules, NeedsNoFileTwice) {
  fs::copy_file(in_build("tests/modules/opens.so"), folder_ / "opens.so");
  install(1);
  Program worker(
      {"worker", "--jobs-per-horse", "1", "--path", folder_.string(), "--url", server().url()});
  const std::string first = failure();
  ASSERT_EQ(failure(), first);  // by a horse that was born with the module
  ASSERT_EQ(failure(), first);

  fs::remove(folder_ / "opens.so");

  EXPECT_EQ(failure(), first);
  EXPECT_THAT(first, AllOf(HasSubstr("opens.cc\", line "), HasSubstr("tumble<1>")));
}

INSTANTIATE_TEST_SUITE_P(WithBuildId, SymbolCacheOfModules, ::testing::Values("sha1"));

}  // namespace
}  // namespace rqpp::test
