#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace rqpp::redis {

/// Whether redis-py has this option in URLs, and it means nothing to rqpp: it chooses how Python
/// works, or what rqpp decides itself.
bool is_ignored_option(std::string_view name);

/// The names of the options in a URL that parse_url() ignores. Throws as that.
std::vector<std::string> ignored_options(std::string_view url);

/// A URL with everything that may be secret taken out, however broken it is: from the colon behind
/// the scheme to the last @, and all from the first option on that may hold a password.
std::string without_secrets(std::string_view url);

}  // namespace rqpp::redis
