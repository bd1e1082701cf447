#include "live_table.h"

#include <fmt/format.h>

namespace rqpp::cli {

void LiveTable::draw(const std::vector<std::string>& lines) {
  constexpr const char* kEraseRestOfLine = "\x1b[K";
  std::string text = shown_ == 0 ? std::string() : fmt::format("\x1b[{}A", shown_);
  for (const std::string& line : lines) text += line + kEraseRestOfLine + "\n";
  shown_ = lines.size();
  context_.print(text);
}

}  // namespace rqpp::cli
