#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace rqpp::base {

/// A random UUID (version 4) without dashes: 32 characters, as RQ's ids of executions and workers.
/// RQ's jobs have one with dashes, which nobody needs, and which are in Redis twice for each job.
/// Random bytes come from the system, so ids stay unique across fork.
std::string new_uuid_hex();

/// The same for many in one go: each question to the system serves sixteen. Not to be kept, since a
/// fork would have both sides draw the same.
class UuidSource {
 public:
  std::string next();

 private:
  static constexpr std::size_t kUuidBytes = 16;
  std::array<std::uint8_t, 16 * kUuidBytes> bytes_{};
  std::size_t used_ = bytes_.size();
};

}  // namespace rqpp::base
