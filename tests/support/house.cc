#include "house.h"

#include <algorithm>
#include <fstream>
#include <functional>
#include <optional>
#include <regex>
#include <stdexcept>
#include <string_view>

#include <fmt/format.h>

namespace rqpp::house {
namespace {

namespace fs = std::filesystem;

struct Include {
  std::string file{};  // that it stands in, relative to the root
  int line = 0;
  bool quoted = false;
  std::string target{};  // as written
};

std::string first_part(const std::string& path) { return path.substr(0, path.find('/')); }

std::vector<std::string> source_files(const fs::path& root) {
  std::vector<std::string> files;
  for (const char* top : {"src", "cli", "include"}) {
    if (!fs::exists(root / top)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(root / top)) {
      const auto extension = entry.path().extension();
      if (extension == ".h" || extension == ".cc") {
        files.push_back(fs::relative(entry.path(), root).generic_string());
      }
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<Include> includes_of(const fs::path& root, const std::string& file) {
  static const std::regex kInclude(R"(^\s*#\s*include\s*([<"])([^>"]+)[>"])");
  std::ifstream stream(root / file);
  if (!stream) throw std::runtime_error("cannot read '" + (root / file).string() + "'");

  std::vector<Include> includes;
  std::string text;
  for (int line = 1; std::getline(stream, text); ++line) {
    std::smatch match;
    if (std::regex_search(text, match, kInclude)) {
      includes.push_back({file, line, match[1] == "\"", match[2]});
    }
  }
  return includes;
}

class Checker {
 public:
  Checker(const fs::path& root, const Plan& plan) : root_(root), plan_(plan) {
    for (std::size_t row = 0; row < plan.rows.size(); ++row) {
      for (const auto& folder : plan.rows[row]) row_of_[folder] = row;
    }
  }

  std::vector<std::string> run() {
    for (const auto& file : source_files(root_)) {
      const auto folder = folder_of(file);
      if (!folder) continue;
      for (const auto& include : includes_of(root_, file)) check(include, *folder);
    }
    find_cycles();
    std::sort(broken_.begin(), broken_.end());
    return broken_;
  }

 private:
  void complain(const Include& at, const std::string& what) {
    broken_.push_back(fmt::format("{}:{}: {}", at.file, at.line, what));
  }

  // The folder whose rules a file follows; complains when the plan does not know the file.
  std::optional<std::string> folder_of(const std::string& file) {
    const auto top = first_part(file);
    if (top == "cli") return top;
    if (top == "include") {
      if (auto folder = folder_of_public(file)) return folder;
      broken_.push_back(file + ":1: this public header is in no row of the plan");
      return std::nullopt;
    }
    const auto folder = first_part(file.substr(top.size() + 1));
    if (row_of_.count(folder) != 0) return folder;
    broken_.push_back(fmt::format("{}:1: src/{} is in no row of the plan", file, folder));
    return std::nullopt;
  }

  // A header below a folder of include/rqpp may be declared by the folder, `detail/`.
  std::optional<std::string> folder_of_public(const std::string& file) const {
    const auto name = file.substr(std::string_view("include/rqpp/").size());
    for (const auto& key : {name, first_part(name) + "/"}) {
      const auto found = plan_.public_headers.find(key);
      if (found != plan_.public_headers.end()) return found->second;
    }
    return std::nullopt;
  }

  void check(const Include& include, const std::string& folder) {
    if (first_part(include.target) == "rqpp") {
      check_public(include, folder);
    } else if (include.quoted) {
      check_quoted(include, folder);
    } else {
      check_foreign(include);
    }
  }

  void check_quoted(const Include& include, const std::string& folder) {
    if (first_part(include.file) == "include") {
      complain(include, "a public header includes <rqpp/...> and the standard library only");
      return;
    }
    if (plan_.generated.count(include.target) != 0) {
      check_direction(include, folder, first_part(include.target));
      return;
    }
    const auto found = find_quoted(include);
    if (!found) {
      complain(include, fmt::format("there is no \"{}\" in src/ or cli/", include.target));
      return;
    }
    edges_[include.file].push_back(*found);
    if (const auto target_folder = folder_of(*found)) {
      check_direction(include, folder, *target_folder);
    }
  }

  void check_public(const Include& include, const std::string& folder) {
    const auto file = "include/" + include.target;
    if (!fs::exists(root_ / file)) {
      complain(include, fmt::format("there is no {} in include/", include.target));
      return;
    }
    edges_[include.file].push_back(file);
    if (const auto to = folder_of_public(file)) check_direction(include, folder, *to);
  }

  void check_foreign(const Include& include) {
    const auto top = first_part(include.file);
    const bool may =
        include.target == "gmock/gmock.h" && plan_.may_include_gmock.count(include.file) != 0;
    if (top == "include" && !may && include.target.find_first_of("./") != std::string::npos) {
      complain(include, "a public header includes <rqpp/...> and the standard library only");
    }
    if (row_of_.count(first_part(include.target)) != 0) {
      complain(include, fmt::format("our own \"{}\" is included with quotes", include.target));
    }
    if (top == "src" && include.target == "iostream" &&
        plan_.may_include_iostream.count(include.file) == 0) {
      complain(include, "src/ does not include <iostream>; only cli/ prints");
    }
  }

  void check_direction(const Include& include, const std::string& from, const std::string& to) {
    if (from == to || row_of_.at(to) < row_of_.at(from)) return;
    const char* where = row_of_.at(to) == row_of_.at(from) ? "beside" : "above";
    complain(include,
             fmt::format("{} must not include {}: {} is {} it", from, include.target, to, where));
  }

  std::optional<std::string> find_quoted(const Include& include) const {
    const auto own_folder = fs::path(include.file).parent_path();
    for (const auto& base : {own_folder, fs::path("src"), fs::path("cli")}) {
      if (base == "cli" && first_part(include.file) != "cli") continue;
      const auto path = (base / include.target).lexically_normal();
      if (fs::exists(root_ / path)) return path.generic_string();
    }
    return std::nullopt;
  }

  void find_cycles() {
    std::set<std::string> done;
    std::vector<std::string> path;
    const std::function<void(const std::string&)> visit = [&](const std::string& file) {
      const auto on_path = std::find(path.begin(), path.end(), file);
      if (on_path != path.end()) {
        broken_.push_back(fmt::format("{}:1: includes itself: {} -> {}", file,
                                      fmt::join(on_path, path.end(), " -> "), file));
        return;
      }
      if (!done.insert(file).second) return;
      path.push_back(file);
      for (const auto& next : edges_[file]) visit(next);
      path.pop_back();
    };
    const auto roots = edges_;
    for (const auto& entry : roots) visit(entry.first);
  }

  fs::path root_;
  const Plan& plan_;
  std::map<std::string, std::size_t> row_of_{};
  std::map<std::string, std::vector<std::string>> edges_{};
  std::vector<std::string> broken_{};
};

}  // namespace

std::vector<std::string> broken_rules(const fs::path& root, const Plan& plan) {
  return Checker(root, plan).run();
}

}  // namespace rqpp::house
