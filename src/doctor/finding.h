#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rqpp::doctor {

/// How bad it is. note: good to know. warning: it costs, or will hurt. critical: it hurts now, or
/// data will be lost.
enum class Severity : std::uint8_t { note, warning, critical };

/// One cause, and what to do about it. Texts hold names as Redis sent them: whoever prints them
/// escapes them.
struct Finding {
  std::string id{};  ///< Of its kind, for programs: `costly-command`. docs/doctor.md lists them.
  Severity severity = Severity::note;
  std::string subject{};          ///< What it is about: `KEYS`, a queue, a key; or empty.
  std::string title{};            ///< One line.
  std::optional<double> share{};  ///< Of the CPU time that Redis used meanwhile, 0 to 1.
  std::optional<double> per_second{};
  std::vector<std::string> offenders{};  ///< Clients, key patterns, keys: who or where, if known.
  std::string why{};                     ///< Why it hurts.
  std::string cure{};                    ///< What to do, exactly.
  std::string repair{};                  ///< What `--repair` would do; empty: nothing.

  bool operator==(const Finding&) const = default;
};

}  // namespace rqpp::doctor
