#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "call_words.h"

namespace rqpp::cli {

/// What RQ's configuration file sets, as far as it concerns us.
struct Config {
  std::map<std::string, std::string> redis{};  ///< REDIS_URL, REDIS_HOST, …, as in an environment.
  std::vector<std::string> queues{};           ///< QUEUES; empty: not set.
  std::string name{};                          ///< NAME; empty: not set.
  std::vector<std::string> unknown{};          ///< Names that are no settings, though they look so.

  bool operator==(const Config&) const = default;
};

/// Reads lines `NAME = literal`, of the text, numbers, True, False, None and lists that Python
/// writes so, with comments behind `#`. For RQ the file is a Python module; nothing is executed
/// here, and what is no such line is refused. Names that are not among the settings are ignored, as
/// RQ does, unless they are a slip of the pen for one that is: then the file is refused. Throws
/// InvalidArgument that begins with `file:line:`.
Config parse_config(std::string_view text, const std::string& file);

/// The same from a file. As RQ takes the name of a module, `shop.settings` also means
/// shop/settings.py. Throws InvalidArgument.
Config read_config(const std::string& file, const ReadFile& read);

}  // namespace rqpp::cli
