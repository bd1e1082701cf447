// The picture in docs/internals.md, kept by a test: a folder of src/ includes only the rows below
// it.

#include "house.h"
#include "support/paths.h"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

namespace rqpp::house {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

Plan the_plan() {
  return {
      .rows = {{"base"},
               {"codec", "redis", "symbols"},
               {"protocol", "tasks", "sandbox", "tls"},
               {"client", "mirror"},
               {"scheduler"},
               {"worker", "zones", "doctor"},
               {"in_memory", "stable", "messenger"},
               {"cli", "umbrella"}},
      .public_headers = {{"error.h", "base"},
                         {"version.h", "base"},
                         {"time.h", "base"},
                         {"usage.h", "base"},
                         {"status.h", "base"},
                         {"verbosity.h", "base"},
                         {"value.h", "codec"},
                         {"call.h", "codec"},
                         {"enqueue_options.h", "codec"},
                         {"dependency.h", "codec"},
                         {"result_of.h", "codec"},
                         {"middleware.h", "codec"},
                         {"callback.h", "base"},
                         {"rate_limit.h", "base"},
                         {"concurrency_limit.h", "base"},
                         {"webhook.h", "base"},
                         {"repeat.h", "codec"},
                         {"retry.h", "codec"},
                         {"retry_later.h", "tasks"},
                         {"registry_kind.h", "base"},
                         {"convert.h", "tasks"},
                         {"detail/", "tasks"},
                         {"detail/task_name.h", "base"},
                         {"task.h", "tasks"},
                         {"module.h", "tasks"},
                         {"current_job.h", "tasks"},
                         {"queue.h", "client"},
                         {"queue_options.h", "client"},
                         {"job.h", "client"},
                         {"group.h", "client"},
                         {"job_info.h", "client"},
                         {"registry.h", "client"},
                         {"buffered_producer.h", "client"},
                         {"embedded_worker.h", "worker"},
                         {"scan.h", "mirror"},
                         {"id_cache.h", "mirror"},
                         {"worker.h", "worker"},
                         {"scheduler.h", "scheduler"},
                         {"testing.h", "in_memory"},
                         {"gtest.h", "in_memory"},
                         {"rqpp.h", "umbrella"}},
      .generated = {"protocol/scripts.h"},
      .may_include_gmock = {"include/rqpp/gtest.h"},
      // It flushes what a task printed, before the process ends without destructors.
      .may_include_iostream = {"src/worker/child_process.cc"},
  };
}

TEST(House, EveryFolderIncludesOnlyTheRowsBelowIt) {
  EXPECT_THAT(broken_rules(test::source_dir(), the_plan()), IsEmpty());
}

// A small tree on disk, gone with the test.
class Tree : public ::testing::Test {
 protected:
  void SetUp() override {
    root_ = fs::temp_directory_path() / ("rqpp-house-" + std::to_string(getpid()));
    fs::remove_all(root_);
  }
  void TearDown() override { fs::remove_all(root_); }

  void write(const std::string& file, const std::string& text) {
    fs::create_directories((root_ / file).parent_path());
    std::ofstream(root_ / file) << text;
  }

  std::vector<std::string> broken() const { return broken_rules(root_, the_plan()); }

 private:
  fs::path root_{};
};

TEST_F(Tree, IsSoundWhenIncludesPointDown) {
  write("include/rqpp/time.h", "#pragma once\n#include <chrono>\n");
  write("include/rqpp/queue.h", "#include <rqpp/time.h>\n");
  write("include/rqpp/detail/refuse.h", "");
  write("include/rqpp/convert.h", "#include <rqpp/detail/refuse.h>\n");
  write("src/base/clock.h", "#include \"rqpp/time.h\"\n");
  write("src/redis/batch.h", "#include \"base/clock.h\"\n");
  write("src/redis/batch.cc", "#include \"redis/batch.h\"\n#include <hiredis/hiredis.h>\n");
  write("src/client/queue.cc", "#include <rqpp/queue.h>\n#include \"redis/batch.h\"\n");
  write("src/protocol/take.cc", "#include \"protocol/scripts.h\"\n");
  write("cli/context.h", "");
  write("cli/main.cc", "#include <iostream>\n#include \"context.h\"\n#include <rqpp/queue.h>\n");

  EXPECT_THAT(broken(), IsEmpty());
}

TEST_F(Tree, IsBrokenWhenAFolderIncludesItsNeighbour) {
  write("src/redis/reply.h", "");
  write("src/codec/json.cc", "#include <string>\n\n  #  include \"redis/reply.h\"\n");

  EXPECT_THAT(broken(), ElementsAre("src/codec/json.cc:3: codec must not include redis/reply.h: "
                                    "redis is beside it"));
}

TEST_F(Tree, IsBrokenWhenAFolderIncludesARowAbove) {
  write("src/worker/horse.h", "");
  write("src/base/fd.h", "#include \"worker/horse.h\"\n");
  write("src/base/log.h", "#include \"protocol/scripts.h\"\n");

  EXPECT_THAT(
      broken(),
      ElementsAre("src/base/fd.h:1: base must not include worker/horse.h: worker is above it",
                  "src/base/log.h:1: base must not include protocol/scripts.h: protocol is "
                  "above it"));
}

TEST_F(Tree, IsBrokenWhenTheWayUpIsARelativePathOrAPublicHeader) {
  write("include/rqpp/job.h", "");
  write("src/client/poll.h", "");
  write("src/redis/a.cc", "#include \"../client/poll.h\"\n");
  write("src/redis/b.cc", "#include <rqpp/job.h>\n");

  EXPECT_THAT(broken(),
              ElementsAre("src/redis/a.cc:1: redis must not include ../client/poll.h: "
                          "client is above it",
                          "src/redis/b.cc:1: redis must not include rqpp/job.h: client is "
                          "above it"));
}

TEST_F(Tree, IsBrokenWhenAPublicHeaderLooksInside) {
  write("src/base/fd.h", "");
  write("include/rqpp/time.h", "#include \"base/fd.h\"\n#include <fmt/format.h>\n");
  write("include/rqpp/value.h", "#include <base/fd.h>\n");

  EXPECT_THAT(
      broken(),
      ElementsAre("include/rqpp/time.h:1: a public header includes <rqpp/...> and the standard "
                  "library only",
                  "include/rqpp/time.h:2: a public header includes <rqpp/...> and the standard "
                  "library only",
                  "include/rqpp/value.h:1: a public header includes <rqpp/...> and the standard "
                  "library only",
                  "include/rqpp/value.h:1: our own \"base/fd.h\" is included with quotes"));
}

TEST_F(Tree, IsBrokenWhenSomethingIsInNoRow) {
  write("include/rqpp/extra.h", "");
  write("src/attic/old.cc", "");

  EXPECT_THAT(broken(), ElementsAre("include/rqpp/extra.h:1: this public header is in no row of "
                                    "the plan",
                                    "src/attic/old.cc:1: src/attic is in no row of the plan"));
}

TEST_F(Tree, IsBrokenWhenAnIncludedFileIsMissing) {
  write("src/base/fd.cc", "#include \"base/fd.h\"\n#include <rqpp/nothing.h>\n");

  EXPECT_THAT(broken(), ElementsAre("src/base/fd.cc:1: there is no \"base/fd.h\" in src/ or cli/",
                                    "src/base/fd.cc:2: there is no rqpp/nothing.h in include/"));
}

TEST_F(Tree, IsBrokenWhenFilesIncludeEachOther) {
  write("src/redis/a.h", "#include \"redis/b.h\"\n");
  write("src/redis/b.h", "#include \"c.h\"\n");
  write("src/redis/c.h", "#include \"redis/a.h\"\n");

  EXPECT_THAT(broken(), ElementsAre("src/redis/a.h:1: includes itself: src/redis/a.h -> "
                                    "src/redis/b.h -> src/redis/c.h -> src/redis/a.h"));
}

TEST_F(Tree, IsBrokenWhenTheLibraryPrints) {
  write("src/worker/log.cc", "#include <iostream>\n");
  write("src/worker/child_process.cc", "#include <iostream>\n");

  EXPECT_THAT(broken(), ElementsAre("src/worker/log.cc:1: src/ does not include <iostream>; only "
                                    "cli/ prints"));
}

}  // namespace
}  // namespace rqpp::house
