#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "protocol/dependencies.h"
#include "redis/batch.h"

// RQ's groups: a set of ids per group, and a set of the groups' names.
namespace rqpp::protocol {

/// Throws InvalidArgument unless it is at most 512 bytes of UTF-8.
void check_group_name(std::string_view name);

/// Adds jobs to their group, which comes into being with the first. `enqueue` does it between their
/// hashes and the moment when they can be seen: RQ cannot delete a job whose group does not exist,
/// and forgets what is in a group without a hash. Cost: 2 commands.
redis::Batch add_to_group(std::string_view group, std::span<const std::string> job_ids);

/// How many jobs are in a group: 1 command.
redis::Batch group_size(std::string_view group);
/// A page of the ids in a group, for `read_page`: 1 command.
redis::Batch group_page(std::string_view group, std::string_view cursor);

/// Takes jobs, one or more, out of a group. Cost: 1 command.
redis::Batch leave_group(std::string_view group, std::span<const std::string> job_ids);
/// Takes a group that has no jobs off the list of groups. Cost: 1 command.
redis::Batch forget_group(std::string_view group);

}  // namespace rqpp::protocol
