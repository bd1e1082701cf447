// Runs the inputs that fuzzing begins with, and those that once broke something, in each build.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "../../../fuzz/call_entry.h"
#include "../../../fuzz/command_entry.h"
#include "../../../fuzz/pickle_entry.h"
#include "../../../fuzz/text_entry.h"
#include "../../../fuzz/worker_entry.h"
#include "support/paths.h"

namespace rqpp::fuzz {
namespace {

namespace fs = std::filesystem;

/// Returns how many files there were.
template <class Entry>
std::size_t replay(const std::string& name, Entry entry) {
  std::size_t count = 0;
  for (const auto* kind : {"corpus", "regressions"}) {
    const fs::path folder = fs::path(test::source_dir()) / "fuzz" / kind / name;
    if (!fs::exists(folder)) continue;
    for (const auto& file : fs::directory_iterator(folder)) {
      std::ifstream stream(file.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
      SCOPED_TRACE(file.path());
      entry(bytes);  // Ends the process if a claim does not hold.
      ++count;
    }
  }
  return count;
}

TEST(FuzzReplay, Pickle) { EXPECT_GE(replay("pickle", fuzz_pickle), 10); }
TEST(FuzzReplay, Call) { EXPECT_GE(replay("call", fuzz_call), 6); }
TEST(FuzzReplay, Command) { EXPECT_GE(replay("command", fuzz_command), 5); }
TEST(FuzzReplay, Text) { EXPECT_GE(replay("text", fuzz_text), 6); }
TEST(FuzzReplay, Worker) { EXPECT_GE(replay("worker", fuzz_worker), 8); }

}  // namespace
}  // namespace rqpp::fuzz
