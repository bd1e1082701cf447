#pragma once

#include <string>
#include <vector>

#include "chaos/arena.h"

namespace rqpp::test {

/// RQ of Python, as programs that clean and read without end (observers.py): those releases of it
/// that scripts/rq-venv has made.
class Observers {
 public:
  explicit Observers(Arena& arena);
  ~Observers();
  Observers(const Observers&) = delete;
  Observers& operator=(const Observers&) = delete;

  bool empty() const { return pids_.empty(); }
  /// Ends them, and returns what they said.
  std::string stop();

 private:
  std::string said_in_;
  std::vector<pid_t> pids_{};
};

}  // namespace rqpp::test
