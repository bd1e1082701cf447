#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "redis/settings.h"

namespace rqpp::sandbox {

/// Where the private server lives. See default_places().
struct Places {
  std::filesystem::path runtime{};  ///< Socket, pid and lock; a folder only its owner may enter.
  std::filesystem::path data{};     ///< Append-only file and log.
  std::string search_path{};        ///< Where `redis-server` and `valkey-server` are looked for.
};

/// `$XDG_RUNTIME_DIR/rqpp` (or `/tmp/rqpp-<uid>` when that is unset, unusable or too long for a
/// socket) and `$XDG_DATA_HOME/rqpp/redis` (or `~/.local/share/rqpp/redis`).
Places default_places(const redis::Environment& environment);

/// The path of a Redis or Valkey server program. Throws Error saying what to install.
std::filesystem::path find_server_program(std::string_view search_path);

/// A redis-server of this user, shared by all of the user's processes, that listens on a Unix
/// socket only and keeps its data. It outlives the process that started it.
class PrivateServer {
 public:
  struct Status {
    bool running = false;
    pid_t pid = 0;  ///< 0 when not running.
    std::filesystem::path socket{};
    std::filesystem::path data{};
  };

  explicit PrivateServer(Places places);

  Status status() const;
  /// Starts the server unless it runs, and returns when it answers. Any number of processes may do
  /// this at once. Throws Error with the server's last log lines when it does not come up.
  Status start();
  /// Ends the server; its data stay. Nothing happens when it does not run. Throws TimeoutError.
  Status stop();
  /// How to connect to it, running or not.
  redis::Settings settings() const;

 private:
  base::Fd lock() const;

  Places places_;
};

}  // namespace rqpp::sandbox
