#include "support/test_server.h"

#include <algorithm>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/rights.h"

namespace rqpp::test {
namespace {

constexpr std::string_view kAdmin = "tests";

/// Those that RQPP_TEST_RIGHTS names.
std::vector<protocol::Role> limited_roles() {
  const char* const names = std::getenv("RQPP_TEST_RIGHTS");
  std::vector<protocol::Role> roles;
  std::istringstream words(names == nullptr ? "" : names);
  for (std::string word; words >> word;) {
    const auto role =
        std::find_if(std::begin(protocol::kRoles), std::end(protocol::kRoles),
                     [&](protocol::Role each) { return protocol::role_name(each) == word; });
    if (role == std::end(protocol::kRoles)) throw std::invalid_argument("no role: " + word);
    roles.push_back(*role);
  }
  return roles;
}

bool is_limited() {
  static const bool limited = !limited_roles().empty();
  return limited;
}

/// Makes a user with every right, and leaves the default user those that `rqpp doctor --acl`
/// prints.
void limit_rights(const sandbox::EphemeralServer& server) {
  std::istringstream line(protocol::acl_line(limited_roles()));
  std::vector<std::string> limit{std::istream_iterator<std::string>(line), {}};
  limit.at(2) = "default";
  std::replace(limit.begin(), limit.end(), std::string(">secret"), std::string("nopass"));
  redis::Batch batch;
  batch.add("ACL", "SETUSER", kAdmin, "on", ">secret", "allkeys", "allchannels", "allcommands");
  redis::Connection(server.settings()).run(batch.add_words(limit));
}

}  // namespace

sandbox::EphemeralServer& server() {
  static sandbox::EphemeralServer only(
      {.tcp = true, .arguments = {"--enable-debug-command", "local"}});
  static const bool limited = [] {
    if (is_limited()) limit_rights(only);
    return is_limited();
  }();
  static_cast<void>(limited);
  return only;
}

redis::Settings admin_settings() {
  redis::Settings settings = server().settings();
  if (is_limited()) {
    settings.username = kAdmin;
    settings.password = "secret";
  }
  return settings;
}

RedisTest::RedisTest(const redis::Settings& settings) : connection(settings) {
  if (is_limited() && settings.username != kAdmin) admin_.emplace(admin_settings());
  redis::Batch batch;
  batch.add("FLUSHALL");
  batch.add("SCRIPT", "FLUSH");
  admin().run(batch);
}

}  // namespace rqpp::test
