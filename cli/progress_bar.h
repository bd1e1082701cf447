#pragma once

#include <cstdint>
#include <string>

#include "context.h"

namespace rqpp::cli {

/// `[####----] 50/100`, at most `columns` wide. `total` is 1 or more.
std::string progress_line(std::int64_t done, std::int64_t total, int columns);

/// How far a long command is, in one line of the terminal that changes. Without a terminal it shows
/// nothing.
class ProgressBar {
 public:
  ProgressBar(Context& context, std::int64_t total);
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  /// Leaves the line as it is and goes to the next one.
  ~ProgressBar();

  void show(std::int64_t done);

 private:
  Context& context_;
  std::int64_t total_;
  int columns_ = 0;  // 0: no terminal
};

}  // namespace rqpp::cli
