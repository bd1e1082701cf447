#!/usr/bin/env python3
"""Writes src/base/is_printable.cc: the characters that Python's repr() escapes, as ranges.

Usage: scripts/make_is_printable.py > src/base/is_printable.cc
"""
import sys
import unicodedata

ranges = []
for code in range(0x80, sys.maxunicode + 1):
    if chr(code).isprintable():
        continue
    if ranges and ranges[-1][1] == code - 1:
        ranges[-1][1] = code
    else:
        ranges.append([code, code])

print(f"""\
// Made by scripts/make_is_printable.py from Unicode {unicodedata.unidata_version}; do not edit.
// Beyond ASCII, the characters of the categories C* and Z*, which Python's repr() escapes.

#include <algorithm>
#include <iterator>

#include "base/utf8.h"

namespace rqpp::base {{
namespace {{

struct Range {{
  char32_t first;
  char32_t last;
}};

// clang-format off
constexpr Range kEscaped[] = {{""")
line = "   "
for first, last in ranges:
    item = f" {{0x{first:x}, 0x{last:x}}},"
    if len(line) + len(item) > 100:
        print(line)
        line = "   "
    line += item
print(line)
print("""\
};
// clang-format on

}  // namespace

bool is_printable(char32_t code) {
  if (code < 0x80) return code >= 0x20 && code != 0x7f;
  const auto* range =
      std::lower_bound(std::begin(kEscaped), std::end(kEscaped), code,
                       [](const Range& each, char32_t wanted) { return each.last < wanted; });
  return range == std::end(kEscaped) || code < range->first;
}

}  // namespace rqpp::base""")
