#pragma once

#include <filesystem>
#include <string>

#include "base/fd.h"
#include "doctor/recording.h"

namespace rqpp::doctor {

/// A file that a recording is appended to. Each line is one write, so that who is killed leaves at
/// most one torn line; a torn line that is there already is ended first.
class RecordingFile {
 public:
  /// Creates the file, or goes on behind the recordings in it. Throws InvalidArgument if it is
  /// another file, or somebody records to it; Error if it cannot be written.
  explicit RecordingFile(std::filesystem::path path);

  void begin(const Opening& opening) { write(line_of(opening)); }
  void add(const Moment& moment) { write(line_of(moment)); }
  void end(const Facts& facts) { write(line_of(facts)); }

 private:
  void write(const std::string& line) const;

  std::filesystem::path path_;
  base::Fd file_{};
};

/// What was read of a file.
struct ReadRecording {
  Recording recording{};       ///< The last one of the file.
  std::size_t recordings = 0;  ///< How many the file holds.
  std::size_t damaged = 0;     ///< Lines of it that made no sense.
};

/// Reads the last recording of a file; in bounded memory, whatever the file holds. Throws
/// InvalidArgument if that has fewer than two moments, or there is none; Error if the file cannot
/// be read.
ReadRecording read_recording(const std::filesystem::path& path);

}  // namespace rqpp::doctor
