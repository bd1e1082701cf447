#pragma once

#include <string>
#include <string_view>

namespace rqpp::cli {

/// The spdlog pattern for --log-format and --date-format. Python's fields (`%(message)s`,
/// `%(asctime)s`, `%(levelname)s`, `%(name)s`, `%(process)d`) become spdlog's; a format without any
/// of them is an spdlog pattern already. Empty texts stand for RQ's defaults. Throws
/// InvalidArgument for a Python field that we do not have, and for a pattern without a message.
std::string log_pattern(std::string_view log_format, std::string_view date_format);

}  // namespace rqpp::cli
