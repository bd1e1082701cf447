#pragma once

#include <span>
#include <string>

#include "base/log.h"
#include "protocol/rights.h"
#include "redis/connection.h"

// Checks at the start of a program what it needs from Redis, before it touches a job. A right that
// is missing would otherwise interrupt its work later.
namespace rqpp::scheduler {

/// The part of `missing` without which a program cannot work.
protocol::MissingRights needed(protocol::MissingRights missing);

/// `Redis does not let user 'w' do all that a worker does (commands: copy). …`: what is missing,
/// and what to do.
std::string refusal(const protocol::MissingRights& missing, std::span<const protocol::Role> roles,
                    const redis::Settings& settings);

/// Connects, and blocks. Throws ConnectionError if this is no Redis that keeps jobs or cannot be
/// reached, and CommandError with the rights that are missing. Missing rights
/// that it can do without are logged once and returned. Cost: 1 round trip, 2 commands.
protocol::MissingRights check_start(redis::Connection& connection,
                                    std::span<const protocol::Role> roles, const base::Log& log);

/// What check_start asks for: the rights of these roles, and the commands that replace some.
redis::Batch ask_for_rights(std::span<const protocol::Role> roles);

}  // namespace rqpp::scheduler
