#include <array>
#include <cstddef>

#include <rqpp/status.h>

namespace rqpp {
namespace {

constexpr std::array<std::string_view, 11> kWords{
    "created", "queued",   "deferred", "ready_to_enqueue", "scheduled", "rate_limited",
    "started", "finished", "failed",   "stopped",          "canceled"};

}  // namespace

std::string_view to_string(Status status) { return kWords.at(static_cast<std::size_t>(status)); }

std::optional<Status> status_from(std::string_view word) {
  for (std::size_t i = 0; i < kWords.size(); ++i) {
    if (kWords[i] == word) return static_cast<Status>(i);
  }
  return std::nullopt;
}

bool has_ended(Status status) { return status >= Status::finished; }

}  // namespace rqpp
