#pragma once

#include <span>
#include <string>
#include <vector>

#include "doctor/facts.h"
#include "doctor/finding.h"
#include "doctor/reading.h"

namespace rqpp::doctor {

/// What a report is about.
struct ReportMatter {
  const Facts& facts;
  const std::vector<Finding>& findings;
  std::span<const Reading> readings{};  ///< What the graphs show; none: no graphs.
  double started = 0;                   ///< Unix time at second 0 of the readings.
  std::string url{};                    ///< Of the server, without its password.
};

/// One page of HTML that needs nothing else: no scripts, no fonts, nothing from a network. It has
/// the load, the findings with their cures, graphs over the measured time, what was not seen, and
/// what it cost; light or dark as the reader's system is.
std::string html_report(const ReportMatter& matter);

}  // namespace rqpp::doctor
