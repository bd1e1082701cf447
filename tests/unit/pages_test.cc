// What the pages show is what the examples are: a block after `<!-- snippet: FILE -->` is that
// file, letter by letter.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

#include "support/paths.h"

namespace rqpp {
namespace {

std::string read(const std::string& file) {
  std::ifstream in(test::source_dir() + "/" + file);
  EXPECT_TRUE(in.good()) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

/// How many examples a page shows.
int snippets_in(const std::string& page) {
  const std::string text = read(page);
  const std::string mark = "<!-- snippet: ";
  int snippets = 0;

  for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    const auto name = at + mark.size();
    const std::string file = text.substr(name, text.find(" -->", name) - name);
    const auto begin = text.find("```cpp\n", name) + 7;
    const std::string shown = text.substr(begin, text.find("```", begin) - begin);
    EXPECT_EQ(shown, read(file)) << file << ": copy it into " << page;
    ++snippets;
  }

  return snippets;
}

TEST(Pages, ShowsTheExamplesAsTheyAre) {
  EXPECT_EQ(snippets_in("docs/guide.md"), 3);
  EXPECT_EQ(snippets_in("docs/testing.md"), 1);
  EXPECT_EQ(snippets_in("docs/scans-and-ids.md"), 1);
}

}  // namespace
}  // namespace rqpp
