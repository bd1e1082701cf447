#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "doctor/reading.h"

// What a graph can show of readings.
namespace rqpp::doctor {

enum class Measure : std::uint8_t { cpu, commands, bytes_out, bytes_in, clients, memory };

std::string title_of(Measure measure);                  ///< `CPU`, `Commands`
std::string value_text(Measure measure, double value);  ///< `61 %`, `1,204/s`, `1.5 MB/s`
/// Nothing where the server did not tell.
std::optional<double> value_of(const Reading& reading, Measure measure);

/// The values of a graph, one for each of its columns; nothing where nothing was measured.
using Columns = std::vector<std::optional<double>>;

/// The last readings, at most `count`: a column each.
Columns last_columns(std::span<const Reading> readings, Measure measure, std::size_t count);
/// What one command took of a core in these.
Columns last_columns(std::span<const Reading> readings, const std::string& command,
                     std::size_t count);

/// `count` columns of equal time over all readings; a column has the highest value in its time.
Columns columns_over_time(std::span<const Reading> readings, Measure measure, std::size_t count);
Columns columns_over_time(std::span<const Reading> readings, const std::string& command,
                          std::size_t count);

/// The commands that took most of the CPU over all these readings, at most `count`.
std::vector<std::string> dearest_commands(std::span<const Reading> readings, std::size_t count);

/// 0 where there are none.
double highest(const Columns& columns);
/// The next round number, 1, 2 or 5 times a power of ten, that is not below the highest value.
double top_of_scale(double highest);
/// The same; for Measure::cpu at least 1, a whole core.
double top_of_scale(Measure measure, double highest);

}  // namespace rqpp::doctor
