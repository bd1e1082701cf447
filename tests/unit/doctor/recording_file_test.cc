#include "doctor/recording_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include <rqpp/error.h>

namespace rqpp::doctor {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

/// A file of its own for each test.
class RecordingFileTest : public ::testing::Test {
 protected:
  RecordingFileTest() {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    path = fs::temp_directory_path() /
           ("rqpp-" + std::to_string(::getpid()) + "-" + test->name() + ".jsonl");
    fs::remove(path);
  }
  ~RecordingFileTest() override { fs::remove(path); }

  static Moment moment_at(double seconds) { return {.sample = {.at_seconds = seconds}}; }
  static Opening opening(std::int64_t started) { return {.started = started, .url = "redis://h"}; }
  void record(std::int64_t started, int moments) const {
    RecordingFile file(path);
    file.begin(opening(started));
    for (int i = 0; i < moments; ++i) file.add(moment_at(i));
  }
  std::string text() const {
    std::stringstream stream;
    stream << std::ifstream(path).rdbuf();
    return stream.str();
  }
  void write(const std::string& text) const { std::ofstream(path) << text; }
  std::string refusal() const {
    try {
      read_recording(path);
    } catch (const Error& error) {
      return error.what();
    }
    return "none";
  }

  fs::path path;
};

TEST_F(RecordingFileTest, IsReadAsItWasWritten) {
  record(1'000, 4);

  const ReadRecording read = read_recording(path);

  EXPECT_EQ(read.recordings, 1U);
  EXPECT_EQ(read.damaged, 0U);
  EXPECT_EQ(read.recording.opening, opening(1'000));
  EXPECT_EQ(read.recording.timeline.moments(), 4U);
  EXPECT_FALSE(read.recording.facts);
}

TEST_F(RecordingFileTest, HasTheFactsOfAVisitAtItsEnd) {
  record(1'000, 2);
  RecordingFile(path).end({.cost = {.commands = 9}});

  EXPECT_EQ(read_recording(path).recording.facts.value().cost.commands, 9);
}

TEST_F(RecordingFileTest, GoesOnBehindAnotherRecordingWhoseLastLineWasTorn) {
  record(1'000, 3);
  write(text().substr(0, text().size() - 20));
  record(2'000, 2);

  const ReadRecording read = read_recording(path);

  EXPECT_EQ(read.recordings, 2U);
  EXPECT_EQ(read.recording.opening.started, 2'000);
  EXPECT_EQ(read.recording.timeline.moments(), 2U);
  EXPECT_EQ(read.damaged, 0U) << "of this recording";
}

TEST_F(RecordingFileTest, CanBeReadWhereverItWasCut) {
  record(1'000, 4);
  const std::string whole = text();
  const std::size_t two_moments =
      (line_of(opening(1'000)) + line_of(moment_at(0)) + line_of(moment_at(1))).size();

  constexpr std::size_t kStep = 17;
  for (std::size_t size = two_moments; size <= whole.size(); size += kStep) {
    write(whole.substr(0, size));
    ASSERT_GE(read_recording(path).recording.timeline.moments(), 2U) << size;
  }
}

TEST_F(RecordingFileTest, CountsDamagedLinesAndGoesOn) {
  record(1'000, 2);
  write(text() + "garbage\n" + std::string(3 * kMostLineBytes, 'x') + "\n\n" +
        line_of(moment_at(7)));

  const ReadRecording read = read_recording(path);

  EXPECT_EQ(read.damaged, 3U);
  EXPECT_EQ(read.recording.timeline.last(), moment_at(7));
}

TEST_F(RecordingFileTest, IsNotWrittenBehindWhatIsNoRecording) {
  write("my thesis\n");

  try {
    RecordingFile file(path);
    FAIL() << "it took the file";
  } catch (const InvalidArgument& error) {
    EXPECT_THAT(error.what(), AllOf(HasSubstr(path.string()), HasSubstr("is no recording"),
                                    HasSubstr("Name another file.")));
  }
  EXPECT_EQ(text(), "my thesis\n");
}

TEST_F(RecordingFileTest, HasOneWriter) {
  const RecordingFile first(path);

  EXPECT_THROW(RecordingFile{path}, InvalidArgument);
}

TEST_F(RecordingFileTest, SaysWhyItCannotBeReadOrWritten) {
  EXPECT_THAT(refusal(), HasSubstr("': no such file or directory."));
  write("");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("is no recording"), HasSubstr("--record")));
  record(1'000, 1);
  EXPECT_THAT(refusal(), HasSubstr("ends before its second moment"));
  EXPECT_THROW(read_recording(fs::temp_directory_path()), Error);
  EXPECT_THROW(RecordingFile{"/dev/full/x"}, Error);
  RecordingFile full("/dev/full");
  EXPECT_THROW(full.begin(opening(1)), Error);
}

}  // namespace
}  // namespace rqpp::doctor
