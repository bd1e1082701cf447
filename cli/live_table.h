#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "context.h"

namespace rqpp::cli {

/// Lines that change where they stand, on a terminal.
class LiveTable {
 public:
  explicit LiveTable(Context& context) : context_(context) {}

  /// Shows the lines, over those shown before.
  void draw(const std::vector<std::string>& lines);

 private:
  Context& context_;
  std::size_t shown_ = 0;
};

}  // namespace rqpp::cli
