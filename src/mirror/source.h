#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "redis/scan.h"

namespace rqpp::mirror {

/// Which ids are mirrored.
struct Source {
  redis::ScanTarget::Kind kind = redis::ScanTarget::Kind::set;
  std::string name{};  ///< The key; of keys: their prefix.

  bool is_prefix() const { return kind == redis::ScanTarget::Kind::keys; }
  /// How it is read page by page.
  redis::ScanTarget target() const;
  /// Of a page, each so many-th text is an id.
  std::size_t stride() const;
  /// The channel, or the pattern of channels, on which Redis tells of changes in database `db`.
  std::string notifications(int db) const;
  /// Whether `notify-keyspace-events` of such a value lets Redis tell of every change.
  bool is_told_by(std::string_view flags) const;
};

/// As messages name it: `the set 'users'`.
std::string to_text(const Source& source);

}  // namespace rqpp::mirror
