#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "mirror/line.h"
#include "redis/budget.h"
#include "redis/scan.h"

namespace rqpp::mirror {

/// A place in a scan: a cursor, and the server process that gave it.
struct Place {
  std::string cursor{redis::kFirstCursor};
  std::string server{};
  bool operator==(const Place&) const = default;
};
/// As users keep it: `1776@8f3c…`; empty at the beginning.
std::string to_text(const Place& place);
/// Throws InvalidArgument for what to_text did not write.
Place parse_place(std::string_view text);

/// The pages of one scan, one after the other.
class Pages {
 public:
  /// `per_second` as in ScanOptions.
  Pages(std::shared_ptr<Line> line, redis::ScanTarget target, std::int64_t per_second, Place from)
      : line_(std::move(line)),
        target_(std::move(target)),
        budget_(per_second),
        next_(std::move(from)) {}

  /// Waits until the budget allows it, and asks for the next page; from the beginning if another
  /// server than before has answered. Throws as Line::ask, and DecodeError; it may be called again
  /// then.
  redis::ScanPage read();
  /// Where the page is that was read last.
  const Place& place() const { return place_; }

 private:
  std::shared_ptr<Line> line_;  // shared with the Scanner and its other scans
  redis::ScanTarget target_;
  redis::Budget budget_;
  Place next_;
  Place place_{next_};
};

}  // namespace rqpp::mirror
