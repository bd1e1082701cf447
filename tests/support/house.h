#pragma once

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace rqpp::house {

/// Who may include whom: the picture in docs/internals.md as a value.
struct Plan {
  /// Folders of src/ and `cli`, bottom row first. One includes itself and the rows below it.
  std::vector<std::vector<std::string>> rows{};
  /// Headers of include/rqpp, `time.h`, or whole folders of it, `detail/`, with the folder whose
  /// row and rules they share.
  std::map<std::string, std::string> public_headers{};
  /// Headers below src/ that the build makes, `protocol/scripts.h`.
  std::set<std::string> generated{};
  /// Public headers that may include <gmock/gmock.h>.
  std::set<std::string> may_include_gmock{};
  /// Files of src/ that may, `src/worker/horse.cc`.
  std::set<std::string> may_include_iostream{};
};

/// The sentences about the tree at `root` that its maintainers must not have to read, sorted, each
/// opening with file and line: `src/codec/json.cc:3: codec must not include redis/reply.h ...`.
std::vector<std::string> broken_rules(const std::filesystem::path& root, const Plan& plan);

}  // namespace rqpp::house
