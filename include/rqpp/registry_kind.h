#pragma once

#include <cstdint>
#include <string_view>

namespace rqpp {

/// Where the jobs of a queue are listed that do not wait in it, as in RQ.
enum class RegistryKind : std::uint8_t { finished, failed, started, deferred, scheduled, canceled };

/// `failed`, and so on.
std::string_view to_string(RegistryKind kind) noexcept;

}  // namespace rqpp
