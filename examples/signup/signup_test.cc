// How to test code that enqueues jobs, and the jobs: no Redis, no worker.

#include "signup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <rqpp/gtest.h>
#include <rqpp/module.h>

using ::testing::HasSubstr;
using ::testing::IsEmpty;

RQPP_DECLARE_MODULE(signup);

TEST(SignUp, SendsAMail) {
  rqpp::MemoryQueue queue{{.modules = {rqpp_module_signup()}}};

  sign_up("ada@example.org", queue);

  EXPECT_THAT(queue, WasEnqueued(send_mail, "ada@example.org", HasSubstr("Welcome")));
  EXPECT_THAT(queue.drain().failures, IsEmpty());
}

TEST(SignUp, FailsWithoutAnAddress) {
  rqpp::MemoryQueue queue{{.modules = {rqpp_module_signup()}}};

  EXPECT_THROW(queue.run(send_mail("ada", "Welcome!")), std::invalid_argument);
}
