#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What /proc/<pid>/maps says about the files that a process has mapped.
namespace rqpp::worker {

/// One line of it.
struct Mapping {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t offset = 0;  ///< Of `begin` in the file.
  std::string file{};        ///< Absolute.

  bool operator==(const Mapping&) const = default;
};

/// The lines that belong to a file; those that are damaged are left out.
std::vector<Mapping> parse_maps(std::string_view text);

/// The mapping at an address; null if there is none.
const Mapping* mapping_at(const std::vector<Mapping>& mappings, std::uint64_t address);

/// All mappings of a file, lowest first, as one picture of it.
std::vector<Mapping> image_of(const std::vector<Mapping>& mappings, std::string_view file);

}  // namespace rqpp::worker
