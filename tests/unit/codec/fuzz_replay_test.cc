// Runs the seeds of the fuzz targets, and every input that once broke something, in each build.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "../../../fuzz/call_entry.h"
#include "../../../fuzz/pickle_entry.h"
#include "../../../fuzz/timestamp_entry.h"

namespace rqpp::fuzz {
namespace {

namespace fs = std::filesystem;

/// Returns how many files there were.
template <class Entry>
std::size_t replay(const std::string& name, Entry entry) {
  std::size_t count = 0;
  for (const auto* kind : {"corpus", "regressions"}) {
    const fs::path folder = fs::path(RQPP_SOURCE_DIR) / "fuzz" / kind / name;
    if (!fs::exists(folder)) continue;
    for (const auto& file : fs::directory_iterator(folder)) {
      std::ifstream stream(file.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
      EXPECT_NO_THROW(entry(bytes)) << file.path();
      ++count;
    }
  }
  return count;
}

TEST(FuzzReplay, Pickle) { EXPECT_GE(replay("pickle", fuzz_pickle), 10); }
TEST(FuzzReplay, Call) { EXPECT_GE(replay("call", fuzz_call), 6); }
TEST(FuzzReplay, Timestamp) { EXPECT_GE(replay("timestamp", fuzz_timestamp), 6); }

}  // namespace
}  // namespace rqpp::fuzz
