#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rqpp::worker {

/// The end of what a job wrote: its last lines, at most 20 of them and 4 KiB.
class OutputTail {
 public:
  static constexpr std::size_t kMostLines = 20;
  static constexpr std::size_t kMostBytes = std::size_t{4} << 10;

  void add(std::string_view bytes);
  /// Each indented and with its end; valid UTF-8. Empty if nothing was written. A line whose
  /// beginning is lost begins with `...`.
  std::string lines() const;
  void clear() { kept_.clear(); }

 private:
  std::string kept_{};  // twice kMostBytes at most, so that it is not moved at each write
  bool cut_ = false;    // there was more before it
};

/// An error's text, and below it, under a heading that readers know, what the job wrote last.
std::string with_output(std::string exc_info, std::string_view lines);

}  // namespace rqpp::worker
