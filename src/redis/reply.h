#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace rqpp::redis {

/// What Redis answered to one command: a value of RESP2.
struct Reply {
  enum class Type : std::uint8_t { nil, integer, string, status, error, array };

  Type type = Type::nil;
  std::int64_t number = 0;        ///< For integer.
  std::string text{};             ///< For string, status and error.
  std::vector<Reply> elements{};  ///< For array.

  bool is_nil() const { return type == Type::nil; }
  bool is_error() const { return type == Type::error; }
  bool is_array() const { return type == Type::array; }
  /// True for a bulk string or a status.
  bool is_text() const { return type == Type::string || type == Type::status; }

  bool operator==(const Reply&) const = default;
};

}  // namespace rqpp::redis
