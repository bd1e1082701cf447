#pragma once

#include <string>

namespace rqpp::worker {

/// What a worker is doing, for whoever looks at it from outside Redis.
struct Condition {
  int running = 0;  ///< Jobs.
  bool connected = false;
  bool suspended = false;
  bool stopping = false;
};

/// One line for people: `2 jobs run`.
std::string to_text(const Condition& condition);

}  // namespace rqpp::worker
