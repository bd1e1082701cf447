#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// A worker's name may be used again: after a restart, or while its first bearer is frozen or cut
// off. So what a worker holds is kept under an incarnation, which no other process ever has and
// which is another one once the worker was given up: `dobbin~0123456789abcdef0123456789abcdef`.
namespace rqpp::protocol {

/// `id`: 32 hexadecimal digits that nobody else has.
inline std::string incarnation_of(std::string_view name, std::string_view id) {
  return std::string(name) + "~" + std::string(id);
}

/// The name that people gave the worker.
inline std::string_view name_of(std::string_view worker) {
  constexpr std::size_t kTail = 1 + 32;
  if (worker.size() <= kTail) return worker;
  const std::string_view tail = worker.substr(worker.size() - kTail);
  const bool is_incarnation =
      tail.front() == '~' &&
      tail.find_first_not_of("0123456789abcdef", 1) == std::string_view::npos;
  return is_incarnation ? worker.substr(0, worker.size() - kTail) : worker;
}

/// Who takes jobs: a worker, and how it is connected.
struct Claimant {
  std::string worker{};      ///< The incarnation.
  std::int64_t session = 1;  ///< Counts its connections; only the latest may take jobs.
  /// Prefetched jobs have begun up to the claim of this number.
  std::int64_t begun = 1;
};

/// The score of the member `begun` of the worker's runs: what has begun is not above it
/// (scripts/shared/own.lua).
inline std::string begun_score(const Claimant& claimant) {
  return std::to_string(claimant.begun) + "999999";
}

/// The member of the worker's runs that stands for its session.
inline std::string session_member(std::int64_t session) {
  return "session-" + std::to_string(session);
}

}  // namespace rqpp::protocol
