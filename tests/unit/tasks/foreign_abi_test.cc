#include "tasks/foreign_abi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::tasks {
namespace {

using testing::Eq;
using testing::HasSubstr;
using testing::Optional;

std::string missing(const std::string& symbol) { return "/m/fib.so: undefined symbol: " + symbol; }

TEST(ForeignAbi, IsToldByTheNameOfAMissingFunction) {
  const auto built_with = [](const std::string& library) {
    return Optional(Eq("fib.so was built with " + library +
                       ", this worker with libstdc++: rebuild it with the same standard library"));
  };

  EXPECT_THAT(foreign_abi(missing("_ZN4rqpp9TaskTableC1ESs"), "fib.so"),
              built_with("libstdc++ with the old std::string"));
  EXPECT_THAT(
      foreign_abi(missing("_ZN4rqpp9TaskTableC1ENSt3__112basic_stringIcNS1_11char_traitsIcEE"
                          "NS1_9allocatorIcEEEE, version X"),
                  "fib.so"),
      built_with("libc++"));
  EXPECT_THAT(foreign_abi(missing("_ZN4rqpp5Value4listENSt7__debug6vectorIS0_SaIS0_EEE"), "fib.so"),
              built_with("libstdc++ with _GLIBCXX_DEBUG"));
}

TEST(ForeignAbi, IsToldByTheTagThatTheOldStringHasNot) {
  EXPECT_THAT(foreign_abi(missing("_ZN4rqpp6detail11read_stringERKNS_5ValueE"), "fib.so"),
              Optional(HasSubstr("libstdc++ with the old std::string")));
}

TEST(ForeignAbi, AFunctionThatIsGoneBelongsToAnotherRelease) {
  EXPECT_THAT(foreign_abi(missing("_ZN4rqpp5Queue3oldEv"), "fib.so"),
              Optional(HasSubstr("another release of rqpp, whose _ZN4rqpp5Queue3oldEv")));
}

TEST(ForeignAbi, IsNoMatterOfOtherLibraries) {
  EXPECT_EQ(foreign_abi(missing("_ZN2cv3MatC1ESs"), "fib.so"), std::nullopt);
  EXPECT_EQ(foreign_abi("/m/fib.so: invalid ELF header", "fib.so"), std::nullopt);
}

}  // namespace
}  // namespace rqpp::tasks
