#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "redis/settings.h"

namespace rqpp::sandbox {

/// A redis-server of its own in a temporary folder, without persistence: for tests, the demo and
/// benchmarks. It ends, and its folder goes, with this object or with the process that made it.
class EphemeralServer {
 public:
  struct Tls {
    std::filesystem::path ca{};
    std::filesystem::path certificate{};
    std::filesystem::path key{};
    bool ask_clients = false;  ///< Refuse clients without a certificate.
  };
  struct Options {
    bool tcp = false;          ///< Also listen on a free port of 127.0.0.1.
    std::optional<Tls> tls{};  ///< Also listen there by TLS. Needs a server built with TLS.
    std::vector<std::string>
        arguments{};            ///< More for the command line: `{"--appendonly", "yes"}`.
    std::string search_path{};  ///< Where the program is; empty: $PATH.
  };

  /// Starts it and waits until it answers. Throws Error.
  explicit EphemeralServer(Options options);
  EphemeralServer() : EphemeralServer(Options{}) {}
  EphemeralServer(const EphemeralServer&) = delete;
  EphemeralServer& operator=(const EphemeralServer&) = delete;
  ~EphemeralServer();

  /// How to connect by its Unix socket.
  redis::Settings settings() const;
  /// The same as text: `unix:///tmp/…/redis.sock?db=0`.
  std::string url() const;
  redis::Settings tcp_settings() const;  ///< Throws InvalidArgument without Options::tcp.
  redis::Settings tls_settings() const;  ///< With the CA. Throws InvalidArgument without it.
  pid_t pid() const { return pid_; }     ///< 0 when stopped.
  const std::filesystem::path& folder() const { return folder_; }

  /// Ends it by SIGKILL; start() brings it back at the same addresses, empty unless it persists.
  void stop() noexcept;
  void start();

 private:
  void launch();
  void remove() noexcept;
  std::vector<std::string> command_line() const;

  Options options_;
  pid_t owner_;
  base::Fd owner_lock_{};  // tells others that the folder is in use
  std::filesystem::path program_{};
  std::filesystem::path folder_{};
  int tcp_port_ = 0;
  int tls_port_ = 0;
  pid_t pid_ = 0;
};

}  // namespace rqpp::sandbox
