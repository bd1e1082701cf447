#include "worker/output_tail.h"

#include <algorithm>

#include "protocol/result_record.h"
#include "worker/traceback.h"

namespace rqpp::worker {
namespace {

// Where the last `count` lines of a text begin.
std::size_t begin_of_last_lines(std::string_view text, std::size_t count) {
  std::size_t at = text.size();
  if (text.ends_with('\n')) --at;
  for (; count > 0; --count) {
    const std::size_t before = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
    if (before == std::string_view::npos) return 0;
    at = before;
  }
  return at + 1;
}

}  // namespace

void OutputTail::add(std::string_view bytes) {
  if (kept_.empty()) cut_ = false;
  if (bytes.size() > kMostBytes) {
    kept_.clear();
    cut_ = true;
    bytes = bytes.substr(bytes.size() - kMostBytes);
  }
  kept_ += bytes;
  if (kept_.size() <= 2 * kMostBytes) return;
  kept_.erase(0, kept_.size() - kMostBytes);
  cut_ = true;
}

std::string OutputTail::lines() const {
  std::string_view text = kept_;
  bool cut = cut_;
  if (text.size() > kMostBytes) {
    text.remove_prefix(text.size() - kMostBytes);
    cut = true;
  }
  if (const std::size_t begin = begin_of_last_lines(text, kMostLines); begin > 0) {
    text.remove_prefix(begin);
    cut = false;
  }
  std::string lines;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    lines += std::string("  ") + (cut && lines.empty() ? "..." : "");
    lines += presentable(text.substr(0, size), 3 * kMostBytes) + "\n";
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return lines;
}

std::string with_output(std::string exc_info, std::string_view lines) {
  if (lines.empty()) return exc_info;
  if (!exc_info.ends_with('\n')) exc_info += '\n';
  exc_info.append(protocol::kOutputHeading).append(lines);
  return exc_info;
}

}  // namespace rqpp::worker
