#pragma once

#include <optional>
#include <string>
#include <vector>

#include "budget_meter.h"
#include "json_text.h"

// What `rqpp budget` prints.
namespace rqpp::cli {

struct BudgetLine {
  std::string name{};
  std::optional<double> stated{};
  BudgetCost cost{};

  /// More commands than stated, by more than a rare one among many.
  bool above() const;
  bool operator==(const BudgetLine&) const = default;
};

/// Where and how it was measured.
struct BudgetHeading {
  std::string server{};  ///< `Redis 7.0.15`
  std::string url{};     ///< Without a password.
  int rounds = 0;
  double foreign_rate = 0;  ///< Commands of others, a second.

  /// Others disturb.
  bool busy() const { return foreign_rate >= 10; }
  bool operator==(const BudgetHeading&) const = default;
};

std::string to_text(const BudgetHeading& heading);  ///< The lines above the table, its head too.
std::string to_text(const BudgetLine& line);        ///< One line, without a line break.
/// What is to be said below the table; may be empty.
std::string remarks(const BudgetHeading& heading, const std::vector<BudgetLine>& lines);
Json to_json(const BudgetHeading& heading, const std::vector<BudgetLine>& lines);

}  // namespace rqpp::cli
