#pragma once

#include <span>
#include <string_view>

namespace rqpp::doctor {

/// A command whose time grows with the data that it meets.
struct CostlyCommand {
  std::string_view name{};  ///< In lower case, as in INFO.
  std::string_view does{};  ///< `walks through every key of the database`
  std::string_view cure{};
};

std::span<const CostlyCommand> costly_commands();

}  // namespace rqpp::doctor
