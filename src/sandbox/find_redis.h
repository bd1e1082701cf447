#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "redis/settings.h"

namespace rqpp::sandbox {

/// Instead of a URL: the private server of this user.
inline constexpr std::string_view kPrivateUrl = "private:";

/// Takes a line for the user, without a line break.
using Notice = std::function<void(std::string_view line)>;

/// Whether a server listens there.
using Probe = std::function<bool(const redis::Settings& settings)>;
/// Connects, and says nothing to the server. Waits no longer than `connect_timeout`.
bool listens(const redis::Settings& settings);

/// Where Redis is: for producers, workers and the command line alike.
///
/// The URL if given, else what the environment says (see redis::from_environment); `private:` in
/// place of a URL means the private server, which is started unless it runs. A Redis that somebody
/// configured is never replaced, reachable or not. Where nobody did, and nobody listens at
/// localhost:6379 either, it is the private server, and `notice` says so; unless `no_private` says
/// why there is to be none, or this is a job of a worker.
///
/// Throws InvalidArgument for a bad URL or variable, ConnectionError when there is no Redis and
/// none can be started, and in a job that does not get the password of its worker's Redis.
redis::Settings find_redis(std::optional<std::string_view> url,
                           const redis::Environment& environment, const Notice& notice,
                           const Probe& probe = listens, std::string_view no_private = {});

/// The same with the environment of this process; an empty URL means what that says.
redis::Settings find_redis(const std::string& url, const Notice& notice,
                           std::string_view no_private = {});

/// Why a worker or scheduler must not start a private server: it is a service, or in a container,
/// where nobody sees the server and its data go with the machine. Empty: it may.
std::string_view why_no_private_server(const redis::Environment& environment);

/// The same, later, for a program that uses the library: an empty URL means what the environment of
/// the process says, and notices go to standard error. Throws InvalidArgument for a bad URL at
/// once.
std::function<redis::Settings()> finder(std::string url);

}  // namespace rqpp::sandbox
