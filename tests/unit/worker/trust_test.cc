#include "worker/trust.h"
#include "support/temporary_folder.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rqpp::worker {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

/// A folder of modules that only this user may change, below /tmp, which is sticky.
class UntrustedModules : public ::testing::Test {
 protected:
  UntrustedModules() {
    fs::create_directories(root_ / "modules");
    std::ofstream(root_ / "modules/fib.so") << "code";
    ::chmod((root_ / "modules").c_str(), 0755);
    ::chmod((root_ / "modules/fib.so").c_str(), 0644);
  }

  std::vector<std::string> found(uid_t user = ::geteuid(), gid_t group = ::getegid()) const {
    return untrusted_modules({(root_ / "modules").string()}, user, group);
  }

  void give_away(uid_t user, gid_t group) const {
    EXPECT_EQ(::chown((root_ / "modules").c_str(), user, group), 0);
  }

  test::TemporaryFolder root_{};
};

TEST_F(UntrustedModules, AreNoneWhereOnlyTheUserWrites) { EXPECT_THAT(found(), IsEmpty()); }

TEST_F(UntrustedModules, AreThoseInAFolderThatEverybodyWrites) {
  ::chmod((root_ / "modules").c_str(), 0777);

  EXPECT_THAT(found(), ElementsAre("'" + (root_ / "modules").string() +
                                   "' may be written by everybody: whoever that is can run code in "
                                   "this worker's jobs"));
}

TEST_F(UntrustedModules, AreThoseBelowSuchAFolder) {
  ::chmod(root_.path().c_str(), 0777);

  EXPECT_THAT(found(), ElementsAre(HasSubstr("'" + root_.string() + "' may be written")));
}

TEST_F(UntrustedModules, AreFilesThatEverybodyWrites) {
  ::chmod((root_ / "modules/fib.so").c_str(), 0666);

  EXPECT_THAT(found(), ElementsAre(HasSubstr("fib.so' may be written by everybody")));
}

TEST_F(UntrustedModules, AreThoseOfAnotherUser) {
  // Root gives its folder away; somebody else is asked about as if he were another.
  const bool root = ::geteuid() == 0;
  if (root) give_away(4711, 0);

  EXPECT_THAT(found(root ? 0 : ::geteuid() + 1), ElementsAre(HasSubstr("belongs to user")));
}

TEST_F(UntrustedModules, OfAGroupCountUnlessItIsTheUsersOwn) {
  ::chmod((root_ / "modules").c_str(), 0775);
  if (::geteuid() == 0) give_away(0, 4711);
  const gid_t group = ::geteuid() == 0 ? 4711 : ::getegid();

  EXPECT_THAT(found(::geteuid(), group), IsEmpty());
  EXPECT_THAT(found(::geteuid(), group + 1), ElementsAre(HasSubstr("may be written by group")));
}

TEST_F(UntrustedModules, AreNoneInAFolderThatIsNotThere) {
  EXPECT_THAT(untrusted_modules({"/no/such/folder"}, ::geteuid(), ::getegid()), IsEmpty());
}

}  // namespace
}  // namespace rqpp::worker
