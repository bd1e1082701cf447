#include "protocol/rights.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/scripts.h"
#include "support/documented_rights.h"
#include "support/paths.h"

namespace rqpp::protocol {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using Set = std::set<std::string>;
namespace fs = std::filesystem;

std::string read(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

Set all_matches(const std::string& text, const std::string& pattern) {
  const std::regex regex(pattern);
  Set found;
  for (auto it = std::sregex_iterator(text.begin(), text.end(), regex);
       it != std::sregex_iterator(); ++it) {
    found.insert(lower((*it)[1]));
  }
  return found;
}

Set commands_of_all_roles() {
  const Rights rights = rights_of(kRoles);
  return {rights.commands.begin(), rights.commands.end()};
}

TEST(Rights, AreReadFromTheScripts) {
  EXPECT_THAT(commands_of(scripts::claim),
              IsSupersetOf({"lpop", "lmpop", "lpush", "zadd", "sadd", "hscan", "ltrim", "lindex"}));
  EXPECT_THAT(commands_of(scripts::settle), IsSupersetOf({"copy", "xadd", "rpush", "lpush"}));
  EXPECT_THAT(commands_of(scripts::enqueue_unique), IsSupersetOf({"rpush", "lpush", "zadd"}));
  EXPECT_THAT(commands_of(scripts::enqueue_cron), IsSupersetOf({"rpush", "lpush"}));
}

TEST(Rights, CoverEveryScript) {
  const Set covered = commands_of_all_roles();
  for (const redis::Script* script : scripts::kAll) {
    for (const std::string& command : commands_of(*script)) {
      EXPECT_THAT(covered, Contains(command)) << script->name();
    }
  }
}

TEST(Rights, CoverWhatIsSentOutsideOfScripts) {
  const Set covered = commands_of_all_roles();
  for (const char* folder : {"protocol", "client", "worker", "scheduler"}) {
    for (const auto& entry :
         fs::directory_iterator(fs::path(test::source_dir()) / "src" / folder)) {
      if (entry.path().extension() != ".cc") continue;
      for (const std::string& command : all_matches(read(entry.path()), "add\\(\"([A-Z]+)\"")) {
        if (command == "client" || command == "hello") continue;  // its subcommands; for everybody
        if (command == "lmove") continue;                         // where blmove is refused
        EXPECT_THAT(covered, Contains(command)) << entry.path();
      }
    }
  }
}

/// What a script runs after its first write must be asked for before; what it may run before is
/// listed here.
TEST(Rights, AreAskedForBeforeAScriptWrites) {
  // Reads and the first write, which Redis refuses by itself while nothing is written.
  const std::map<std::string, Set> first{
      {"birth", {"time", "hmget", "exists", "zscore"}},
      // It shares a file with what deletes jobs, and does not delete.
      {"cancel", {"hmget", "unlink"}},
      // It puts back what it has taken when one of the last three is refused.
      {"claim", {"lpop", "lmpop", "time", "hscan", "hmget", "zadd"}},
      {"clean_group", {"sscan"}},
      {"clean_workers", {"sscan"}},
      {"clean_slots", {"zrange"}},
      {"delete_job", {"hmget"}},
      {"empty", {"lpop"}},
      {"enqueue_cron", {"get"}},
      {"enqueue_due", {"get", "zrangebyscore"}},
      {"enqueue_unique", {"get", "hget"}},
      {"expire_left_over", {"pttl", "hexists", "pexpire", "expire"}},
      {"push_once", {"get", "expire"}},
      {"finish", {"zmscore", "exists", "hmget", "restore"}},
      {"forget_queue", {"llen", "srem"}},
      {"give_back", {"lrem"}},
      {"inherit", {"time", "zscore"}},
      {"lease", {"time", "zadd", "zrevrangebyscore"}},
      {"put_back_stuck", {"hmget", "lpos", "exists", "zscore", "set"}},
      {"release_queues", {"get", "del"}},
      {"remove_entry", {"zrem"}},
      {"requeue", {"hmget", "zscore"}},
      {"save_meta", {"hexists", "hset"}},
      {"wait_for_slot", {"hget"}},
      {"deferred_page", {"zscan"}},
      {"settle", {"hmget", "xrevrange"}},
      {"death", {"hget"}},
      {"resume", {"zscore", "zrange"}},
      {"renew", {"zmscore"}},
  };
  const std::regex decided("missing_right\\([^;]*?(push|again|ARGV\\[7\\]), ");
  for (const redis::Script* script : scripts::kAll) {
    const std::string& text = script->text();
    Set asked;
    const std::regex lists("missing_right\\(([^;]*?)\\)\\s*(\\n|or|then)");
    for (auto it = std::sregex_iterator(text.begin(), text.end(), lists);
         it != std::sregex_iterator(); ++it) {
      for (const std::string& word : all_matches((*it)[1], "'([A-Z]+)'")) asked.insert(word);
    }
    const auto allowed = first.find(script->name());
    for (const std::string& command : commands_of(*script)) {
      const bool comes_first = allowed != first.end() && allowed->second.contains(command);
      const bool is_push = command == "lpush" || command == "rpush" || command == "zadd";
      EXPECT_TRUE(asked.contains(command) || comes_first ||
                  (is_push && std::regex_search(text, decided)))
          << script->name() << " may be refused " << command << " after it has written";
    }
  }
}

TEST(Rights, OfRolesAreLeast) {
  EXPECT_THAT(rights_of(Role::monitor).commands,
              AllOf(Contains("hmget"), Not(Contains("hset")), Not(Contains("del")),
                    Not(Contains("evalsha"))));
  EXPECT_THAT(rights_of(Role::producer).commands,
              AllOf(Contains("rpush"), Not(Contains("lpop")), Not(Contains("publish"))));
  EXPECT_THAT(rights_of(Role::producer).keys, Not(Contains("rq:*")));
  for (const Role role : kRoles) {
    for (const char* dangerous : {"keys", "flushall", "config", "smembers", "hgetall", "acl"}) {
      EXPECT_THAT(rights_of(role).commands, Not(Contains(dangerous))) << role_name(role);
    }
  }
}

TEST(Rights, StandInTheDocumentAsTheCodeHasThem) {
  for (const Role role : kRoles) {
    std::string documented;
    for (const std::string& word :
         test::documented_rights("rqpp-" + std::string(role_name(role)))) {
      documented += (documented.empty() ? "" : " ") + word;
    }
    EXPECT_EQ(documented, acl_line(role));
  }
}

TEST(MissingRights, AreParted) {
  const std::vector<std::string_view> optional{"lmpop"};
  const Sorted sorted = sort_out(
      {.unknown = {"lmpop"}, .commands = {"copy", "lmpop"}, .keys = {"rq:wip:"}}, optional);

  EXPECT_EQ(describe(sorted.needed), "commands: copy; keys: rq:wip:*");
  EXPECT_EQ(describe(sorted.optional),
            "commands that this Redis does not have: lmpop; commands: lmpop");
}

TEST(MissingRights, AreKnownByTheirErrors) {
  EXPECT_TRUE(is_missing_right("NOPERM this user has no permissions"));
  EXPECT_TRUE(is_missing_right("ERR The user executing the script can't run this command"));
  EXPECT_TRUE(is_missing_right(
      "ERR ACL failure in script: User u has no permissions to run the 'time' command"));
  EXPECT_FALSE(is_missing_right("WRONGTYPE Operation against a key"));
}

}  // namespace
}  // namespace rqpp::protocol
