// Completions are run by the shells themselves, manual pages by groff, as far as they are there.

#include <array>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "support/program.h"
#include "support/temporary_folder.h"

namespace rqpp::test {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
namespace fs = std::filesystem;

/// What a command of sh prints, errors included.
std::string output_of(const std::string& command) {
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(::popen((command + " 2>&1").c_str(), "r"),
                                                   ::pclose);
  std::string text;
  std::array<char, 4096> bytes{};
  for (std::size_t size = 0; (size = std::fread(bytes.data(), 1, bytes.size(), pipe.get())) > 0;) {
    text.append(bytes.data(), size);
  }
  return text;
}

bool is_installed(const std::string& program) {
  return !output_of("command -v " + program).empty();
}

class Generated : public ::testing::Test {
 protected:
  void SetUp() override {
    const Ended ended = rqpp({"man", "--into", folder_.string()});
    ASSERT_EQ(ended.exit_code, 0) << ended.err;
  }

  std::string file(const std::string& name) const { return (folder_ / name).string(); }

  /// What bash offers for the last of these words.
  std::string completed(const std::string& words) const {
    return output_of("bash -c 'source " + file("rqpp") + "; COMP_WORDS=(" + words +
                     "); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _rqpp; "
                     "printf \"%s \" \"${COMPREPLY[@]}\"'");
  }

  TemporaryFolder folder_{};
};

class BashCompletion : public Generated {
 protected:
  void SetUp() override {
    if (!is_installed("bash")) GTEST_SKIP() << "there is no bash";
    Generated::SetUp();
  }
};

TEST_F(BashCompletion, OffersCommands) {
  EXPECT_EQ(completed("rqpp su"), "suspend ");
  EXPECT_EQ(completed("rqpp job st"), "stop ");
  EXPECT_EQ(completed("rqpp workers d"), "drain ");
  EXPECT_THAT(completed("rqpp \"\""), AllOf(HasSubstr("worker "), HasSubstr("worker-pool "),
                                            HasSubstr("completion "), Not(HasSubstr("man "))));
}

TEST_F(BashCompletion, OffersTheOptionsOfTheCommandNamed) {
  EXPECT_EQ(completed("rqpp worker --bu"), "--burst ");
  EXPECT_EQ(completed("rqpp info --bu"), " ");
  EXPECT_EQ(completed("rqpp job show --js"), "--json ");
  EXPECT_THAT(
      completed("rqpp worker --burst high --"),
      AllOf(HasSubstr("--horses "), HasSubstr("--config "), Not(HasSubstr("--worker-class"))));
}

TEST_F(BashCompletion, OffersFilesAndFoldersWhereTheyAreMeant) {
  EXPECT_EQ(completed("rqpp info --config " + file("rqpp.f")), file("rqpp.fish") + " ");
  EXPECT_EQ(completed("rqpp worker -P " + file("man")), file("man1") + " ");
  EXPECT_EQ(completed("rqpp worker --name x"), " ");
}

TEST_F(Generated, CompletesInZsh) {
  if (!is_installed("zsh")) GTEST_SKIP() << "there is no zsh";
  // In place of zsh's own functions, which need a terminal.
  const std::string offer =
      "zsh -f -c 'compdef() { : }; _files() { print files $* }; "
      "_describe() { local name=$argv[-1]; print -l -- ${(P)name} }; source " +
      file("_rqpp") + "; words=(";
  const std::string run = "); CURRENT=$#words; _rqpp'";

  EXPECT_THAT(output_of(offer + "rqpp job \"\"" + run),
              AllOf(HasSubstr("stop:End the runs"), Not(HasSubstr("suspend:"))));
  EXPECT_THAT(output_of(offer + "rqpp worker --" + run), HasSubstr("--burst:Run what is in"));
  EXPECT_EQ(output_of(offer + "rqpp worker -P \"\"" + run), "files -/\n");
}

TEST_F(Generated, CompletesInFish) {
  if (!is_installed("fish")) GTEST_SKIP() << "there is no fish";
  EXPECT_THAT(output_of("fish --no-execute " + file("rqpp.fish")), IsEmpty());
  const std::string offer = "fish --no-config -c 'source " + file("rqpp.fish") + "; complete -C \"";
  EXPECT_THAT(output_of(offer + "rqpp job st\"'"), HasSubstr("stop\tEnd the runs"));
  EXPECT_THAT(output_of(offer + "rqpp worker --bur\"'"), HasSubstr("--burst\t"));
}

TEST_F(Generated, HasAManualPageForEachCommand) {
  for (const char* page : {"rqpp", "rqpp-worker", "rqpp-worker-pool", "rqpp-job", "rqpp-job-stop",
                           "rqpp-workers-drain", "rqpp-suspend"}) {
    EXPECT_TRUE(fs::exists(folder_ / "man1" / (std::string(page) + ".1"))) << page;
  }
  EXPECT_FALSE(fs::exists(folder_ / "man1" / "rqpp-man.1"));
}

TEST_F(Generated, HasPagesThatGroffTakesWithoutAWarning) {
  if (!is_installed("groff")) GTEST_SKIP() << "there is no groff";
  for (const auto& page : fs::directory_iterator(folder_ / "man1")) {
    EXPECT_THAT(output_of("groff -man -Kutf8 -Tutf8 -ww -z " + page.path().string()), IsEmpty());
  }
  EXPECT_THAT(output_of("groff -man -Kutf8 -Tascii -P-c " + file("man1/rqpp-job-show.1")),
              AllOf(HasSubstr("rqpp-job-show - All about a job"), HasSubstr("--json"),
                    HasSubstr("       rqpp job show my-job --json | jq .status\n")));
}

TEST(Completion, KnowsItsShells) {
  EXPECT_EQ(rqpp({"completion", "bash"}).exit_code, 0);
  const Ended ended = rqpp({"completion", "tcsh"});

  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.err, "rqpp: 'tcsh' is not one of bash, zsh and fish\n");
}

TEST(Manual, IsPrintedForACommand) {
  EXPECT_THAT(rqpp({"man", "job", "stop"}).out, HasSubstr(".TH \"RQPP-JOB-STOP\" 1"));
  EXPECT_THAT(rqpp({"man"}).out, HasSubstr(".TH \"RQPP\" 1"));
  EXPECT_EQ(rqpp({"man", "job", "dance"}).exit_code, 2);
}

}  // namespace
}  // namespace rqpp::test
