#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/fd.h"

namespace rqpp::worker {

/// Where the output of all jobs goes: the worker's own standard output or error. Writing never
/// blocks: what a slow reader does not take yet is kept, up to 1 MiB, and dropped beyond that.
class Outlet {
 public:
  static constexpr std::size_t kMostKept = std::size_t{1} << 20;

  /// `stream` is 1 or 2 and stays open.
  explicit Outlet(int stream);

  void write(std::string_view bytes);
  /// Writes what was kept, as far as it goes now.
  void flush();
  /// Whether something is kept: those who write should wait.
  bool is_clogged() const noexcept { return !kept_.empty(); }
  /// For poll(2), while it is clogged.
  int fd() const noexcept { return stream_; }
  /// Why output is being lost, once for each reason; empty if it is not.
  std::string take_trouble();

 private:
  enum class Way : std::uint8_t { plain, socket, polled };

  /// How much was taken: less than all if the rest must wait.
  std::size_t write_some(std::string_view bytes);
  void fail(int error);

  int stream_ = -1;
  base::Fd own_{};  // the same, opened anew, where that makes it non-blocking for us alone
  Way way_ = Way::plain;
  std::string kept_{};
  std::string trouble_{};
  int last_error_ = 0;
};

}  // namespace rqpp::worker
