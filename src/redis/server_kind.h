#pragma once

#include <string>

#include "redis/batch.h"
#include "redis/reply.h"
#include "redis/settings.h"

namespace rqpp::redis {

/// What answers at an address, as HELLO says.
struct ServerKind {
  std::string version{};  ///< `7.0.15`; empty: it does not say, as HELLO is unknown there.
  std::string mode{};     ///< standalone, sentinel or cluster.
  std::string role{};     ///< master or replica.

  bool operator==(const ServerKind&) const = default;
};

/// Asks for it; every user may. Cost: 1 command.
Batch ask_server_kind();
/// Throws CommandError for a refusal that says nothing about the server.
ServerKind read_server_kind(const Reply& reply);

/// Throws ConnectionError unless jobs can be kept there: it says what answers instead, and what to
/// do.
void check_keeps_jobs(const ServerKind& kind, const Settings& settings);

}  // namespace rqpp::redis
