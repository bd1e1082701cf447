#include "scheduler/start_check.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/server_kind.h"

#include <rqpp/error.h>

namespace rqpp::scheduler {
namespace {

using protocol::MissingRights;
using protocol::Role;

/// Without these rqpp asks Redis in another way; docs/operations.md names the costs.
constexpr std::array<std::string_view, 11> kDispensable{
    "blmove", "client|id", "client|setname", "client|tracking", "client|unblock", "lmove",
    "lmpop",  "ping",      "restore",        "select",          "subscribe"};

/// Those whose absence costs nothing worth a warning.
constexpr std::array<std::string_view, 5> kUnnoticed{"client|setname", "lmove", "lmpop", "ping",
                                                     "select"};

template <std::size_t N>
void drop(std::vector<std::string>& words, const std::array<std::string_view, N>& dropped) {
  std::erase_if(words, [&](const std::string& word) {
    return std::find(dropped.begin(), dropped.end(), word) != dropped.end();
  });
}

MissingRights dispensable(const MissingRights& missing) {
  return protocol::sort_out(missing, kDispensable).optional;
}

std::string who(const redis::Settings& settings) {
  return settings.username.empty() ? "the default user" : "user '" + settings.username + "'";
}

}  // namespace

MissingRights needed(MissingRights missing) {
  const bool cannot_wait = missing.lacks("blmove") && missing.lacks("lmove");
  MissingRights needed = protocol::sort_out(std::move(missing), kDispensable).needed;
  if (cannot_wait) needed.commands.emplace_back("blmove");
  return needed;
}

std::string refusal(const MissingRights& missing, std::span<const Role> roles,
                    const redis::Settings& settings) {
  std::vector<std::string_view> names;
  for (const Role role : roles) names.push_back(protocol::role_name(role));
  return fmt::format(
      "Redis does not let {} do all that a {} does: it lacks {}. No job is touched. "
      "`rqpp doctor --acl {}` prints the rights that it needs.",
      who(settings), names.front(), protocol::describe(missing), fmt::join(names, ","));
}

redis::Batch ask_for_rights(std::span<const Role> roles) {
  protocol::Rights rights = protocol::rights_of(roles);
  const bool works = std::find(roles.begin(), roles.end(), Role::worker) != roles.end();
  if (works) rights.commands.emplace_back("lmove");
  return protocol::missing_rights(rights);
}

MissingRights check_start(redis::Connection& connection, std::span<const Role> roles,
                          const base::Log& log) {
  const redis::Settings& settings = connection.settings();
  const auto replies = connection.try_run(redis::ask_server_kind().append(ask_for_rights(roles)));
  const redis::ServerKind kind = redis::read_server_kind(replies.at(0));
  redis::check_keeps_jobs(kind, settings);
  const redis::Reply& answer = replies.at(1);
  if (answer.is_error()) {
    if (!protocol::is_missing_right(answer.text)) {
      throw CommandError(fmt::format("Redis refused to tell our rights: {}", answer.text));
    }
    throw CommandError(refusal({.commands = {"eval", "evalsha"}}, roles, settings));
  }
  const MissingRights missing = protocol::read_missing_rights(answer);
  if (kind.version.empty() && !missing.known) {
    throw ConnectionError(fmt::format(
        "{} is older than Redis 6.2, or does not know HELLO. Upgrade it, or allow HELLO.",
        redis::to_display(settings)));
  }
  if (const MissingRights lacks = needed(missing); lacks.any()) {
    throw CommandError(refusal(lacks, roles, settings));
  }
  MissingRights without = dispensable(missing);
  drop(without.unknown, kUnnoticed);
  drop(without.commands, kUnnoticed);
  if (without.any()) {
    log.warning(fmt::format(
        "Redis does not let {} do all that a {} does: it goes on without {}. docs/operations.md "
        "says what that costs.",
        who(settings), protocol::role_name(roles.front()), protocol::describe(without)));
  }
  return missing;
}

}  // namespace rqpp::scheduler
