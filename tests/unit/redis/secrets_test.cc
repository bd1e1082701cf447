#include "redis/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

#include "rqpp/error.h"
#include "support/temporary_folder.h"

namespace rqpp::redis {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::Not;
namespace fs = std::filesystem;

Environment lookup(std::map<std::string, std::string> variables) {
  return [variables](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

class PasswordFile : public testing::Test {
 protected:
  PasswordFile() {}

  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
    return (folder_ / name).string();
  }
  static std::string refusal(const std::string& file) {
    try {
      return "accepted " + read_password(file);
    } catch (const InvalidArgument& error) {
      return error.what();
    }
  }

  test::TemporaryFolder folder_{};
};

TEST_F(PasswordFile, HasThePasswordInItsFirstLine) {
  EXPECT_EQ(read_password(write("a", "secret")), "secret");
  EXPECT_EQ(read_password(write("b", "two words\nand more\n")), "two words");
  EXPECT_EQ(read_password(write("c", "from Windows\r\n")), "from Windows");
}

TEST_F(PasswordFile, IsRefusedWithoutOne) {
  EXPECT_THAT(refusal("/nowhere/x"), HasSubstr("from '/nowhere/x': no such file"));
  EXPECT_THAT(refusal(write("empty", "")), HasSubstr("its first line is empty"));
  EXPECT_THAT(refusal(write("blank", "\nsecret\n")), HasSubstr("its first line is empty"));
  EXPECT_THAT(refusal(write("long", std::string(5'000, 'x'))), HasSubstr("more than 4096 bytes"));
}

TEST_F(PasswordFile, CompletesWhatHasNoPassword) {
  const std::string file = write("a", "secret");

  const auto with_file = [&](std::map<std::string, std::string> more) {
    more["RQPP_PASSWORD_FILE"] = file;
    return from_environment(std::nullopt, lookup(std::move(more))).settings.password;
  };

  EXPECT_EQ(with_file({{"REDIS_URL", "redis://groom@db"}}), "secret");
  EXPECT_EQ(with_file({{"REDIS_HOST", "db"}}), "secret");
  EXPECT_EQ(with_file({{"REDIS_URL", "redis://groom:own@db"}}), "own");
  EXPECT_EQ(with_file({{"REDIS_HOST", "db"}, {"REDIS_PASSWORD", "own"}}), "own");
}

TEST_F(PasswordFile, MayBeACredentialOfTheService) {
  write("redis-password", "secret");
  const std::string folder = folder_.string();

  EXPECT_EQ(password_file(lookup({{"CREDENTIALS_DIRECTORY", folder}})), folder + "/redis-password");
  EXPECT_EQ(password_file(lookup({{"CREDENTIALS_DIRECTORY", "/nowhere"}})), "");
  EXPECT_EQ(password_file(lookup({{"CREDENTIALS_DIRECTORY", folder}, {"RQ_WORKER_ID", ""}})), "")
      << "not for jobs";
}

TEST(SecretVariables, AreThoseThatMayHoldAPassword) {
  const auto names = [](const std::string& url) {
    return secret_variables(lookup({{"REDIS_URL", url}}));
  };

  EXPECT_THAT(names(""), Contains("RQ_REDIS_URL"));
  EXPECT_THAT(names(""), Contains("REDIS_PASSWORD"));
  EXPECT_THAT(names("redis://db"), Not(Contains("REDIS_URL")));
  EXPECT_THAT(names("redis://:secret@db"), Contains("REDIS_URL"));
  EXPECT_THAT(names("redis://db?password=secret"), Contains("REDIS_URL"));
}

TEST(HideSecretsIn, OverwritesPasswordsOfUrls) {
  const auto hidden = [](std::string word) {
    hide_secrets_in(word.data());
    return word;
  };

  EXPECT_EQ(hidden("redis://groom:secret@db:6379/0"), "redis://groom:******@db:6379/0");
  EXPECT_EQ(hidden("--url=rediss://:a@b@db"), "--url=rediss://:***@db");
  EXPECT_EQ(hidden("redis://db?password=secret&db=1"), "redis://db?password=******&db=1");
  for (const char* plain : {"redis://groom@db:6379/0", "redis://db:6379", "a:b@c", "", "--grace"}) {
    EXPECT_EQ(hidden(plain), plain);
  }
}

}  // namespace
}  // namespace rqpp::redis
