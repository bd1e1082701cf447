#pragma once

#include <string>

#include <CLI/CLI.hpp>

namespace rqpp::cli {

/// How --help looks, whatever the version of CLI11.
class Help : public CLI::FormatterBase {
 public:
  std::string make_help(const CLI::App* command, std::string name,
                        CLI::AppFormatMode mode) const override;
};

/// `rqpp job show [OPTIONS] ID`.
std::string usage_of(const CLI::App& command);

}  // namespace rqpp::cli
