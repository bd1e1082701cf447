#include "budget_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/printable.h"

namespace rqpp::cli {
namespace {

/// `2`, `17.9`, `1.02`: as many digits as matter.
std::string short_number(double number) {
  if (std::abs(number) < 0.005) return "0";
  if (std::abs(number) < 2) return fmt::format("{:.3g}", number);
  return fmt::format("{:g}", std::round(number * 10) / 10);
}

std::string row(const std::string& name, const std::string& commands, const std::string& stated,
                const std::string& reads, const std::string& cpu, const std::string& bytes) {
  return fmt::format("{:<38} {:>9} {:>8} {:>7} {:>9} {:>8}", name, commands, stated, reads, cpu,
                     bytes);
}

double rounded(double number) { return std::round(number * 1000) / 1000; }

Json json_of(const std::optional<double>& number) {
  return number ? Json(rounded(*number)) : Json(nullptr);
}

}  // namespace

bool BudgetLine::above() const {
  constexpr double kRare = 1.05;
  return stated && cost.commands > *stated * kRare;
}

std::string to_text(const BudgetHeading& heading) {
  return fmt::format("{} at {}, {} rounds; others execute {} commands a second meanwhile.\n\n",
                     base::printable(heading.server), base::printable(heading.url), heading.rounds,
                     short_number(heading.foreign_rate)) +
         row("each costs Redis", "commands", "at most", "reads", "CPU us", "bytes");
}

std::string to_text(const BudgetLine& line) {
  return row(line.name, short_number(line.cost.commands),
             line.stated ? short_number(*line.stated) : "-",
             line.cost.reads ? short_number(*line.cost.reads) : "-",
             fmt::format("{:.0f}", line.cost.cpu_microseconds),
             fmt::format("{:.0f}", line.cost.bytes)) +
         (line.above() ? "  above" : "");
}

std::string remarks(const BudgetHeading& heading, const std::vector<BudgetLine>& lines) {
  if (heading.busy()) {
    return "Others use this Redis: their commands are among these numbers, of which the least of "
           "all rounds is shown. More --rounds, or a quieter time, come nearer.";
  }
  if (std::any_of(lines.begin(), lines.end(), [](const auto& line) { return line.above(); })) {
    return "A line is above what docs/protocol.md says. If it stays so, please report it.";
  }
  return {};
}

Json to_json(const BudgetHeading& heading, const std::vector<BudgetLine>& lines) {
  Json steps = Json::array();
  for (const BudgetLine& line : lines) {
    steps.push_back({{"step", line.name},
                     {"commands", rounded(line.cost.commands)},
                     {"at_most", json_of(line.stated)},
                     {"reads", json_of(line.cost.reads)},
                     {"cpu_microseconds", rounded(line.cost.cpu_microseconds)},
                     {"bytes", rounded(line.cost.bytes)}});
  }
  return {{"server", heading.server},
          {"url", heading.url},
          {"rounds", heading.rounds},
          {"foreign_commands_per_second", rounded(heading.foreign_rate)},
          {"steps", std::move(steps)}};
}

}  // namespace rqpp::cli
