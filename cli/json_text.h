#pragma once

#include <string>

#include <nlohmann/json.hpp>

#include <rqpp/value.h>

namespace rqpp::cli {

using Json = nlohmann::ordered_json;  // keys stay in the order in which a reader wants them

/// One line of JSON; bytes that are not UTF-8 become U+FFFD.
std::string to_line(const Json& json);

/// The value as JSON, or its Python text if JSON cannot hold it.
Json to_json(const Value& value);

}  // namespace rqpp::cli
