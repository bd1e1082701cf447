#include "report_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

constexpr mode_t kForAll = 0666;  // less the umask

}  // namespace

ReportFile::ReportFile(std::string path) : path_(std::move(path)) {
  file_.reset(::open(path_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, kForAll));
  made_for_nothing_ = static_cast<bool>(file_);
  if (!file_ && errno == EEXIST) file_.reset(::open(path_.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file_) fail();
}

ReportFile::~ReportFile() {
  if (made_for_nothing_) ::unlink(path_.c_str());
}

void ReportFile::write(std::string_view text) {
  // What is no file, a pipe say, has no size to change.
  if (::ftruncate(file_.get(), 0) != 0 && errno != EINVAL) fail();
  while (!text.empty()) {
    const ssize_t written = ::write(file_.get(), text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  made_for_nothing_ = false;
}

void ReportFile::fail() const {
  throw Error(fmt::format("cannot write to '{}': {}.", path_, base::errno_text(errno)));
}

}  // namespace rqpp::cli
