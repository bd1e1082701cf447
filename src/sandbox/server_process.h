#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

#include "base/fd.h"
#include "redis/settings.h"

namespace rqpp::sandbox {

/// Whose a server is: it dies with the thread that spawned it, or it lives on in a session of its
/// own and is nobody's child.
enum class Tie { owned, detached };

/// What to run.
struct Program {
  std::filesystem::path path{};
  std::vector<std::string> arguments{};
  Tie tie = Tie::owned;
  int kept_descriptor = -1;  ///< Handed on; every other one is closed. -1: none.
};

/// Starts a program without input and output. Returns its process id; the caller reaps it when it
/// is owned. Throws Error when it cannot be started.
pid_t spawn(const Program& program);

/// The path of a Redis or Valkey server program. Throws Error saying what to install.
std::filesystem::path find_server_program(std::string_view search_path);

/// Returns when the server answers a PING; meanwhile `alive` is asked whether it still may. Throws
/// Error with the last lines of its log when it died or the time is over.
void await_server(const redis::Settings& settings, const std::function<bool()>& alive,
                  const std::filesystem::path& log,
                  std::chrono::seconds patience = std::chrono::seconds{60});

/// Tries to become the only holder of a file's lock; the file is made when missing. Nothing is
/// owned by the result when another one holds it. Throws Error when the file cannot be opened.
base::Fd try_lock(const std::filesystem::path& file);
/// The same, but waits for the others.
base::Fd wait_for_lock(const std::filesystem::path& file);

}  // namespace rqpp::sandbox
