#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include <sys/types.h>

#include "base/fd.h"
#include "redis/settings.h"

namespace rqpp::sandbox {

/// Where the private server lives. See default_places().
struct Places {
  std::filesystem::path runtime{};  ///< The socket; a folder that only its owner may enter.
  std::filesystem::path data{};     ///< Append-only file, locks and log.
  std::string search_path{};        ///< Where `redis-server` and `valkey-server` are looked for.
};

/// `$XDG_RUNTIME_DIR/rqpp` (or `/tmp/rqpp-<uid>` when that is unset, unusable or too long for a
/// socket), `$XDG_DATA_HOME/rqpp/redis` (or `~/.local/share/rqpp/redis`), and `$PATH`. Makes
/// nothing.
Places default_places(const redis::Environment& environment);

/// A redis-server of this user, shared by all of the user's processes, that listens on a Unix
/// socket only and keeps its data. It outlives the process that started it.
///
/// The server itself holds the lock of its data folder as long as it lives, so that two servers
/// never write to one folder, and a dead one leaves nothing behind that must be cleaned up by hand.
class PrivateServer {
 public:
  struct Status {
    bool running = false;
    pid_t pid = 0;                   ///< 0 when not running.
    std::filesystem::path socket{};  ///< Where it listens, or would.
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
  std::filesystem::path default_socket() const { return places_.runtime / "redis.sock"; }
  std::filesystem::path server_lock() const { return places_.data / "server.lock"; }
  std::filesystem::path address_file() const { return places_.data / "server.address"; }
  std::filesystem::path log() const { return places_.data / "redis.log"; }
  std::filesystem::path current_socket() const;
  void end_unreachable();
  void end(pid_t pid);
  void launch(base::Fd data_lock);

  Places places_;
};

}  // namespace rqpp::sandbox
