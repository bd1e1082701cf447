// GCC 13's <iomanip> came in by other headers, and `quoted(text)` was std::quoted from then on.

#include "std_calls.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/paths.h"

namespace rqpp::house {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace fs = std::filesystem;

TEST(StdCalls, EveryCallOfANameThatStdHasSaysItsNamespace) {
  EXPECT_THAT(calls_that_meet_std(test::source_dir()), IsEmpty());
}

TEST(StdCalls, ACallWithoutItsNamespaceIsNamedAndMembersAreNot) {
  const fs::path root = fs::temp_directory_path() / ("rqpp-calls-" + std::to_string(getpid()));
  fs::create_directories(root / "src/codec");
  std::ofstream(root / "src/codec/repr.h") << "std::string quoted(std::string_view text);\n"
                                              "class Text {\n  std::size_t size() const;\n};\n";
  std::ofstream(root / "src/codec/repr.cc") << "std::string quoted(std::string_view text) {\n"
                                               "  return fmt::format(\"{}\", quoted(text));\n"
                                               "  return codec::quoted(text) + own.quoted(text);\n"
                                               "  return size();  // and quoted(text)\n}\n";

  EXPECT_THAT(calls_that_meet_std(root),
              ElementsAre("src/codec/repr.cc:2: quoted( meets std::quoted"));
  fs::remove_all(root);
}

}  // namespace
}  // namespace rqpp::house
