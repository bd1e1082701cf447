#pragma once

#include <string>
#include <vector>

#include "doctor/facts.h"
#include "doctor/finding.h"
#include "json_text.h"

// What `rqpp doctor` prints.
namespace rqpp::cli {

struct FindingsLook {
  std::string url{};    ///< Of the server, without its password.
  bool colors = false;  ///< For a terminal.
  int columns = 80;
};

/// The server and its load, the findings with what to do, what could not be seen, and what the
/// visit cost. Names from Redis are made harmless.
std::string findings_text(const doctor::Facts& facts, const std::vector<doctor::Finding>& findings,
                          const FindingsLook& look);

/// The same for programs.
Json findings_json(const doctor::Facts& facts, const std::vector<doctor::Finding>& findings,
                   const std::string& url);

/// `warning`
const char* severity_word(doctor::Severity severity);

}  // namespace rqpp::cli
