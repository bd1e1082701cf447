#include "doctor/recording_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <type_traits>
#include <utility>
#include <vector>

#include <rqpp/error.h>

namespace rqpp::doctor {
namespace {

constexpr std::size_t kLineBuffer = kMostLineBytes + 2;

/// Lines of a file, without their breaks; of those that are too long, nothing.
class Lines {
 public:
  explicit Lines(const std::filesystem::path& path) : path_(path), stream_(path) {
    if (!stream_) fail();
  }

  /// It stays until the next one is asked for. Nothing at the end. Throws Error.
  std::optional<std::string_view> next() {
    errno = 0;
    stream_.getline(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    if (stream_.bad()) fail();
    const auto size = static_cast<std::size_t>(stream_.gcount());
    if (stream_.eof()) return size == 0 ? std::nullopt : std::optional(view(size));
    if (!stream_.fail()) return view(size - 1);  // without the break
    stream_.clear();
    stream_.ignore(std::numeric_limits<std::streamsize>::max(), '\n');
    return std::string_view();
  }

 private:
  std::string_view view(std::size_t size) const { return {buffer_.data(), size}; }
  [[noreturn]] void fail() const {
    throw Error(fmt::format("cannot read '{}': {}.", path_.string(), base::errno_text(errno)));
  }

  const std::filesystem::path& path_;
  std::ifstream stream_;
  std::vector<char> buffer_ = std::vector<char>(kLineBuffer);
};

/// Adds a line to what was read. False if it makes no sense here.
bool take(std::string_view text, ReadRecording& read) {
  auto line = read_line(text);
  if (!line) return false;
  if (auto* opening = std::get_if<Opening>(&*line)) {
    read = {.recording = {.opening = std::move(*opening)}, .recordings = read.recordings + 1};
    return true;
  }
  if (read.recordings == 0) return false;
  if (auto* moment = std::get_if<Moment>(&*line)) {
    read.recording.timeline.add(std::move(*moment));
  } else {
    read.recording.facts = std::get<Facts>(std::move(*line));
  }
  return true;
}

/// Throws InvalidArgument for a file that begins with something else.
void expect_recording(const std::filesystem::path& path) {
  Lines lines(path);
  const auto first = lines.next();
  const auto line = first ? read_line(*first) : std::nullopt;
  if (line && std::holds_alternative<Opening>(*line)) return;
  throw InvalidArgument(
      fmt::format("'{}' holds something that is no recording. Name another file.", path.string()));
}

bool ends_in_a_line(int file, off_t size) {
  char last = '\n';
  return ::pread(file, &last, 1, size - 1) != 1 || last == '\n';
}

}  // namespace

RecordingFile::RecordingFile(std::filesystem::path path) : path_(std::move(path)) {
  file_.reset(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666));
  if (!file_) {
    throw Error(fmt::format("cannot write to '{}': {}.", path_.string(), base::errno_text(errno)));
  }
  if (::flock(file_.get(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    throw InvalidArgument(fmt::format(
        "another rqpp records to '{}'. Wait for it, or name another file.", path_.string()));
  }
  struct stat status {};
  if (::fstat(file_.get(), &status) != 0 || !S_ISREG(status.st_mode) || status.st_size == 0) return;
  expect_recording(path_);
  if (!ends_in_a_line(file_.get(), status.st_size)) write("\n");
}

void RecordingFile::write(const std::string& line) const {
  if (line.empty()) return;
  const ssize_t written = ::write(file_.get(), line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) return;
  const int reason = written < 0 ? errno : ENOSPC;
  throw Error(fmt::format("cannot write to '{}': {}.", path_.string(), base::errno_text(reason)));
}

ReadRecording read_recording(const std::filesystem::path& path) {
  ReadRecording read;
  Lines lines(path);
  while (const auto line = lines.next()) {
    if (!take(*line, read)) ++read.damaged;
  }
  if (read.recordings == 0) {
    throw InvalidArgument(fmt::format("'{}' is no recording. `rqpp doctor --record {}` makes one.",
                                      path.string(), path.string()));
  }
  if (read.recording.timeline.readings().empty()) {
    throw InvalidArgument(
        fmt::format("the recording '{}' ends before its second moment, so that it shows nothing.",
                    path.string()));
  }
  return read;
}

}  // namespace rqpp::doctor
