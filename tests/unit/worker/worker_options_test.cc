#include "worker/worker_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(CheckWorkerOptions, RefusesAFolderOfModulesThatIsNotThere) {
  WorkerOptions options;
  options.queues = {"q"};
  options.path = {"/", "/nowhere/modules"};

  EXPECT_THAT([&] { check(options); },
              ThrowsMessage<InvalidArgument>(
                  AllOf(HasSubstr("'/nowhere/modules'"), HasSubstr("correct --path"))));

  options.path = {"/", "."};
  EXPECT_NO_THROW(check(options));
}

}  // namespace
}  // namespace rqpp::worker
