#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redis/batch.h"
#include "redis/reply.h"

// What a user of Redis must be allowed to do. The commands of scripts are read from their text, so
// whoever changes a script changes the rights as well.
namespace rqpp::protocol {

/// A part that a program plays. In the order in which they are listed.
enum class Role : std::uint8_t { producer, worker, scheduler, cron, monitor, operators };

inline constexpr Role kRoles[] = {Role::producer, Role::worker,  Role::scheduler,
                                  Role::cron,     Role::monitor, Role::operators};

/// `operator` for Role::operators, else its name.
std::string_view role_name(Role role) noexcept;

/// Sorted, without duplicates.
struct Rights {
  std::vector<std::string> commands{};  ///< Lower case: `hset`, `client|id`.
  std::vector<std::string> keys{};      ///< Patterns: `rq:job:*`.
  std::vector<std::string> channels{};  ///< Patterns of channels.

  bool operator==(const Rights&) const = default;
};

Rights rights_of(Role role);
/// Of whoever plays several parts.
Rights rights_of(std::span<const Role> roles);

/// The command that makes a user with the rights of these roles, named after the first one:
/// `ACL SETUSER rqpp-worker on >secret …`.
std::string acl_line(std::span<const Role> roles);
std::string acl_line(Role role);

/// The commands that a script may run, sorted.
std::vector<std::string> commands_of(const redis::Script& script);

/// What somebody lacks of some rights.
struct MissingRights {
  bool known = true;                    ///< False: Redis cannot tell (before 7.0).
  std::vector<std::string> unknown{};   ///< Commands that this Redis does not have.
  std::vector<std::string> commands{};  ///< Commands that the user may not run.
  std::vector<std::string> keys{};      ///< Patterns of keys that it may not write to.
  std::vector<std::string> channels{};

  bool any() const;
  /// True if a command is missing, for whatever reason.
  bool lacks(std::string_view command) const;
  bool operator==(const MissingRights&) const = default;
};

/// Asks what the user lacks of these. Cost: 1 script, no command in it; a look at each right.
redis::Batch missing_rights(const Rights& wanted);
MissingRights read_missing_rights(const redis::Reply& reply);

/// Parts what is missing into what a program can do without, `optional`, and the rest.
struct Sorted {
  MissingRights needed{};
  MissingRights optional{};
};
Sorted sort_out(MissingRights missing, std::span<const std::string_view> optional);

/// `the commands copy and xadd, and keys like rq:wip:*`; empty if nothing is missing.
std::string describe(const MissingRights& missing);

/// True for the error of a command that the user may not run, alone or within a script; also for a
/// text that holds such an error.
bool is_missing_right(std::string_view error);

/// Deletes new jobs that were refused before they were in their queue. Cost: 1 command.
redis::Batch forget_jobs(std::span<const std::string> ids);

}  // namespace rqpp::protocol
