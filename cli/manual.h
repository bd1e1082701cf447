#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace rqpp::cli {

/// `rqpp-job-show`: the page's name, without its section.
std::string page_name(const CLI::App& command);

/// The manual page of a command, section 1, as man(7) wants it: what its --help says.
std::string manual_page(const CLI::App& command);

}  // namespace rqpp::cli
