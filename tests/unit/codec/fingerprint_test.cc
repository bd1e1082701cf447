#include "codec/fingerprint.h"

#include <gtest/gtest.h>

namespace rqpp::codec {
namespace {

// hashlib.sha256(b"m.f(1, 'a', b=None, k=[2.5])").hexdigest()
TEST(Fingerprint, IsThatOfTheCallAsPythonText) {
  const Call call{
      .function = "m.f", .args = {1, "a"}, .kwargs = {{"k", Value::list({2.5})}, {"b", Value()}}};

  EXPECT_EQ(fingerprint(call), "fac743212eb2421e908c90bf45da01f5e37e85aefed004693d07bff410b575a0");
}

TEST(Fingerprint, KnowsTheWholeOfALongArgument) {
  const std::string text(500, 'x');

  EXPECT_NE(fingerprint({.function = "m.f", .args = {text + "a"}}),
            fingerprint({.function = "m.f", .args = {text + "b"}}));
}

TEST(Fingerprint, KnowsTypesAndTasksApart) {
  EXPECT_NE(fingerprint({.function = "m.f", .args = {1}}),
            fingerprint({.function = "m.f", .args = {"1"}}));
  EXPECT_NE(fingerprint({.function = "m.f"}), fingerprint({.function = "m.g"}));
}

}  // namespace
}  // namespace rqpp::codec
