#include "support/documented_rights.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

#include "support/paths.h"

namespace rqpp::test {

std::vector<std::string> documented_rights(std::string_view user) {
  std::ifstream file(std::filesystem::path(source_dir()) / "docs/operations.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::size_t begin = text.find("ACL SETUSER " + std::string(user));
  if (begin == std::string::npos) return {};
  std::istringstream words(text.substr(begin, text.find("\n\n", begin) - begin));
  std::vector<std::string> command;
  for (std::string word; words >> word;) {
    if (word != "\\") command.push_back(word);
  }
  return command;
}

}  // namespace rqpp::test
