// What a worker says at its start about modules that it cannot load.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "support/program.h"
#include "support/temporary_folder.h"
#include "support/worker_test.h"
#include "worker/module_check.h"

namespace rqpp::test {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

class ModuleChecks : public WorkerTest {
 protected:
  void install(const std::string& module, const std::string& as = {}) const {
    const fs::path from = in_build("tests/modules") / (module + ".so");
    fs::copy_file(from,
                  folder_ / ((as.empty() ? fs::path(module).filename().string() : as) + ".so"));
  }
  std::vector<std::string> checked(std::vector<std::string> more = {}) const {
    std::vector<std::string> all{"worker", "--path", folder_.string(), "--url", server().url()};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  }

  TemporaryFolder folder_{};
};

TEST_F(ModuleChecks, NameEachModuleThatCannotBeLoaded) {
  // needs_missing lacks a library, unresolved a function; the next three fail as they are loaded.
  for (const char* module :
       {"sums", "other_abi", "other_library", "old_string", "needs_missing", "unresolved",
        "crashes_early", "exits_early", "throws_early", "throws_late", "other_thing"}) {
    install(module);
  }
  Program worker(checked());

  for (const char* module :
       {"other_abi", "other_library", "old_string", "needs_missing", "unresolved", "crashes_early",
        "exits_early", "throws_early", "throws_late", "other_thing"}) {
    worker.await_error(std::string(module) + ".so");
  }
  EXPECT_EQ(enqueue("sums.add", {1, 2}).wait(30s), Value(3)) << "it works all the same";
  worker.signal(SIGTERM);
  EXPECT_THAT(worker.wait().err, Not(HasSubstr("sums.so")));
}

TEST_F(ModuleChecks, SayNothingOfLibrariesThatAreNoModules) {
  install("no_module");
  install("plugins/plugin_sha1_1", "plugin");
  install("unresolved");
  Program worker(checked());

  worker.await_error("unresolved.so");
  worker.signal(SIGTERM);
  EXPECT_THAT(worker.wait().err, Not(HasSubstr("no_module.so")));
  EXPECT_FALSE(worker::names_its_module((folder_ / "plugin.so").string(), "plugin"));
  EXPECT_TRUE(worker::names_its_module((folder_ / "unresolved.so").string(), "unresolved"));
}

TEST_F(ModuleChecks, AreMadeAgainWithNewModules) {
  install("sums");
  Program worker(checked());
  worker.await_error("*** Listening on");
  install("edition_foreign/edition");

  worker.signal(SIGHUP);

  worker.await_error("edition.so was built for rqpp");
}

TEST_F(ModuleChecks, AreLeftOutOnDemand) {
  install("unresolved");

  const Ended ended = rqpp(checked({"--burst", "--no-module-check"}));

  EXPECT_THAT(ended.err, Not(HasSubstr("unresolved.so")));
}

TEST_F(ModuleChecks, KeepNoWorkerFromItsEnd) {
  install("waits_early");
  Program worker(checked());
  worker.await_error("*** Listening on");

  worker.signal(SIGTERM);

  EXPECT_EQ(worker.wait().exit_code, 0);
}

}  // namespace
}  // namespace rqpp::test
