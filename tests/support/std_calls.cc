#include "std_calls.h"

#include <algorithm>
#include <fstream>
#include <regex>
#include <set>

#include <fmt/format.h>

namespace rqpp::house {
namespace {

namespace fs = std::filesystem;

// Function templates of namespace std that take strings, containers, times, or anything. Algorithms
// are left out: they take pairs of iterators, which no function of ours does.
const std::set<std::string, std::less<>> kStandard{
    "abs",      "advance", "apply",      "begin",    "bind",       "bit_cast",  "byteswap",
    "cbegin",   "ceil",    "cend",       "clamp",    "count",      "data",      "destroy",
    "distance", "empty",   "end",        "erase",    "erase_if",   "exchange",  "find",
    "floor",    "format",  "format_to",  "forward",  "from_chars", "get",       "get_if",
    "get_time", "getline", "invoke",     "launder",  "lock",       "make_pair", "max",
    "min",      "move",    "next",       "parse",    "prev",       "print",     "println",
    "put_time", "quoted",  "ref",        "remove",   "rename",     "round",     "size",
    "ssize",    "swap",    "to_address", "to_array", "to_chars",   "to_string", "to_underlying",
    "vformat",  "visit"};

std::vector<std::string> lines_of(const fs::path& file) {
  std::ifstream stream(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(stream, line);)
    lines.push_back(line.substr(0, line.find("//")));
  return lines;
}

std::vector<fs::path> sources_below(const fs::path& root) {
  std::vector<fs::path> files;
  for (const char* top : {"src", "cli"}) {
    if (!fs::exists(root / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const auto extension = entry.path().extension();
      if (extension == ".h" || extension == ".cc") files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

/// The names of functions that a header declares at namespace scope, which is not indented here.
void add_declared(const fs::path& header, std::set<std::string>& names) {
  static const std::regex kDeclaration(R"(^[A-Za-z_][\w:<>,&* \[\]]*[&* ]([a-z]\w*)\()");
  for (const std::string& line : lines_of(header)) {
    std::smatch match;
    if (std::regex_search(line, match, kDeclaration)) names.insert(match[1]);
  }
}

void add_calls(const std::string& line, const std::string& where,
               const std::set<std::string>& names, std::vector<std::string>& found) {
  static const std::regex kCall(R"((^|[^\w:.>~])([a-z]\w*)\()");
  for (std::sregex_iterator match(line.begin(), line.end(), kCall), end; match != end; ++match) {
    const std::string name = (*match)[2];
    if (names.contains(name))
      found.push_back(fmt::format("{}: {}( meets std::{}", where, name, name));
  }
}

}  // namespace

std::vector<std::string> calls_that_meet_std(const fs::path& root) {
  std::set<std::string> declared;
  const auto files = sources_below(root);
  for (const auto& file : files) {
    if (file.extension() == ".h") add_declared(file, declared);
  }
  std::set<std::string> names;
  std::set_intersection(declared.begin(), declared.end(), kStandard.begin(), kStandard.end(),
                        std::inserter(names, names.end()));
  std::vector<std::string> found;
  for (const auto& file : files) {
    const auto lines = lines_of(file);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      // What is not indented is the function itself.
      if (!lines[i].starts_with("  ")) continue;
      add_calls(lines[i], fmt::format("{}:{}", fs::relative(file, root).generic_string(), i + 1),
                names, found);
    }
  }
  return found;
}

}  // namespace rqpp::house
