#pragma once

#include <cstddef>
#include <string>
#include <string_view>

// When a worker takes the name of one that has died just now, what the dead one ran is inherited
// under the name of its ghost: `dobbin~0123456789abcdef0123456789abcdef`.
namespace rqpp::worker {

/// `id`: 32 hexadecimal digits that nobody else has.
inline std::string ghost_of(std::string_view worker, std::string_view id) {
  return std::string(worker) + "~" + std::string(id);
}

/// The name that people gave the worker, for what they read.
inline std::string_view name_in_life(std::string_view lost_worker) {
  constexpr std::size_t kTail = 1 + 32;
  if (lost_worker.size() <= kTail) return lost_worker;
  const std::string_view tail = lost_worker.substr(lost_worker.size() - kTail);
  const bool is_ghost = tail.front() == '~' &&
                        tail.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
  return is_ghost ? lost_worker.substr(0, lost_worker.size() - kTail) : lost_worker;
}

}  // namespace rqpp::worker
