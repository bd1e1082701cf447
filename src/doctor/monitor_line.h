#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace rqpp::doctor {

/// One line of MONITOR: `1700000000.123456 [0 127.0.0.1:50312] "get" "key"`.
struct MonitorLine {
  std::string client{};              ///< `127.0.0.1:50312`, `unix:/path`, or `lua` for a script.
  std::vector<std::string> words{};  ///< The first few of the command, each cut to kMostNameBytes.

  bool operator==(const MonitorLine&) const = default;
};

/// Nothing if the line has another form.
std::optional<MonitorLine> parse_monitor_line(std::string_view line);

}  // namespace rqpp::doctor
