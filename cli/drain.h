#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "context.h"
#include "redis/connection.h"

namespace rqpp::cli {

/// Waits for the end of workers that were told to stop. Make it before they are told: it remembers
/// who they were, as a name may be used again.
class Drain {
 public:
  Drain(redis::Connection& connection, const std::vector<std::string>& workers);

  /// Returns true when all of these have ended, false when the time is over or the user has lost
  /// patience (SIGINT, SIGTERM). Looks once a second, with two commands per worker in one round
  /// trip, and says what has changed.
  bool wait(std::vector<std::string> workers, std::optional<std::chrono::seconds> timeout,
            Context& context);

 private:
  void look(std::vector<std::string>& workers, Context& context);

  redis::Connection& connection_;
  std::map<std::string, std::string> births_{};
  std::map<std::string, std::string> said_{};  // what was last said of each
};

}  // namespace rqpp::cli
