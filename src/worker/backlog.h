#pragma once

#include <cstddef>
#include <map>

namespace rqpp::worker {

/// For whom, and how large, what a horse has asked of Redis is.
struct Receipt {
  int horse = 0;
  std::size_t bytes = 0;

  bool operator==(const Receipt&) const = default;
};

/// What horses have asked of Redis and Redis has not acknowledged yet. A horse with too much of it
/// is not read from until there is less, so it waits in its own write: a flood is kept by nobody.
class Backlog {
 public:
  static constexpr std::size_t kMostRequests = 1'000;              ///< Of a horse.
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;  ///< Of a horse.
  static constexpr std::size_t kMostBytesOfAll = std::size_t{64} << 20;

  void add(const Receipt& receipt);
  /// Also for a horse that is gone.
  void remove(const Receipt& receipt);
  /// One large request alone is always taken; when all horses together have too much, only those
  /// that wait for nothing are read from.
  bool may_read(int horse) const;

 private:
  struct Share {
    std::size_t requests = 0;
    std::size_t bytes = 0;
  };

  std::map<int, Share> shares_{};  // of horses with any
  std::size_t bytes_ = 0;          // of all
};

}  // namespace rqpp::worker
