#pragma once

#include <optional>
#include <string>

#include "picture.h"
#include "top_state.h"

// The two tables of `rqpp top`. Pure.
namespace rqpp::cli {

/// `+3.5`, `-1,204`, `0`; `-` where it is not known.
std::string signed_rate(const std::optional<double>& per_second);

/// How many lines each table has of those that there are for both: what it needs, or a half and
/// what the other leaves.
struct TableRows {
  int queues = 0;
  int workers = 0;

  bool operator==(const TableRows&) const = default;
};
TableRows share_rows(int rows, const TopState& state);

/// At most `rows` lines: a header, and a line for each; where there are more the last line says how
/// many.
Lines queue_table(const TopState& state, int rows, const PictureLook& look);
Lines worker_table(const TopState& state, int rows, const PictureLook& look);

}  // namespace rqpp::cli
