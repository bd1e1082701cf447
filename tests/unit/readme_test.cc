// What the README shows is what the examples are: a block after `<!-- snippet: FILE -->` is that
// file, letter by letter.

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <string>

namespace rqpp {
namespace {

std::string read(const std::string& file) {
  std::ifstream in(std::string(RQPP_SOURCE_DIR) + "/" + file);
  EXPECT_TRUE(in.good()) << file;
  return {std::istreambuf_iterator<char>(in), {}};
}

TEST(Readme, ShowsTheExamplesAsTheyAre) {
  const std::string readme = read("README.md");
  const std::string mark = "<!-- snippet: ";
  int snippets = 0;

  for (auto at = readme.find(mark); at != std::string::npos; at = readme.find(mark, at + 1)) {
    const auto name = at + mark.size();
    const std::string file = readme.substr(name, readme.find(" -->", name) - name);
    const auto begin = readme.find("```cpp\n", name) + 7;
    const std::string shown = readme.substr(begin, readme.find("```", begin) - begin);
    EXPECT_EQ(shown, read(file)) << file << ": copy it into README.md";
    ++snippets;
  }

  EXPECT_EQ(snippets, 3);
}

}  // namespace
}  // namespace rqpp
