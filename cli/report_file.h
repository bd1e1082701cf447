#pragma once

#include <string>
#include <string_view>

#include "base/fd.h"

namespace rqpp::cli {

/// A file that is written at the end of a long command, and tried at its beginning. Until write()
/// it keeps what it has; a file that was made for nothing is removed.
class ReportFile {
 public:
  /// Throws Error if the file cannot be written.
  explicit ReportFile(std::string path);
  ReportFile(const ReportFile&) = delete;
  ReportFile& operator=(const ReportFile&) = delete;
  ~ReportFile();

  const std::string& path() const { return path_; }
  /// The text in place of what the file has. Throws Error.
  void write(std::string_view text);

 private:
  [[noreturn]] void fail() const;

  std::string path_;
  base::Fd file_{};
  bool made_for_nothing_ = false;
};

}  // namespace rqpp::cli
