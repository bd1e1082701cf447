#include "worker/memory_map.h"

#include <algorithm>
#include <charconv>
#include <iterator>

namespace rqpp::worker {
namespace {

/// Takes one field and the blanks behind it.
std::string_view next_field(std::string_view& line) {
  const std::size_t size = std::min(line.find(' '), line.size());
  const std::string_view field = line.substr(0, size);
  line.remove_prefix(std::min(line.find_first_not_of(' ', size), line.size()));
  return field;
}

bool read_hex(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
  return error == std::errc{} && end == text.data() + text.size();
}

// `7f1c8a000000-7f1c8a021000 r-xp 00001000 fe:01 1234    /usr/lib/fib.so`
std::optional<Mapping> parse_line(std::string_view line) {
  Mapping mapping;
  const std::string_view range = next_field(line);
  const std::size_t dash = range.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  next_field(line);  // permissions
  const std::string_view offset = next_field(line);
  next_field(line);  // device
  next_field(line);  // inode
  if (!line.starts_with('/')) return std::nullopt;
  mapping.file = line;
  const bool read = read_hex(range.substr(0, dash), mapping.begin) &&
                    read_hex(range.substr(dash + 1), mapping.end) &&
                    read_hex(offset, mapping.offset);
  if (!read || mapping.begin >= mapping.end) return std::nullopt;
  return mapping;
}

}  // namespace

std::vector<Mapping> parse_maps(std::string_view text) {
  std::vector<Mapping> mappings;
  while (!text.empty()) {
    const std::size_t size = std::min(text.find('\n'), text.size());
    if (auto mapping = parse_line(text.substr(0, size))) mappings.push_back(std::move(*mapping));
    text.remove_prefix(std::min(size + 1, text.size()));
  }
  return mappings;
}

const Mapping* mapping_at(const std::vector<Mapping>& mappings, std::uint64_t address) {
  const auto found = std::find_if(mappings.begin(), mappings.end(), [address](const Mapping& it) {
    return it.begin <= address && address < it.end;
  });
  return found == mappings.end() ? nullptr : &*found;
}

std::vector<Mapping> image_of(const std::vector<Mapping>& mappings, std::string_view file) {
  std::vector<Mapping> image;
  std::copy_if(mappings.begin(), mappings.end(), std::back_inserter(image),
               [file](const Mapping& it) { return it.file == file; });
  std::sort(image.begin(), image.end(),
            [](const Mapping& a, const Mapping& b) { return a.begin < b.begin; });
  return image;
}

}  // namespace rqpp::worker
