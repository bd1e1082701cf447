#include "json_text.h"

#include "codec/json.h"

#include <rqpp/error.h>

namespace rqpp::cli {

std::string to_line(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Json to_json(const Value& value) {
  try {
    // What Python takes for JSON, NaN for example, is none to others: they get the text.
    Json json = Json::parse(codec::write_json(value), nullptr, false);
    if (!json.is_discarded()) return json;
  } catch (const InvalidArgument&) {
    return value.repr();
  }
  return value.repr();
}

}  // namespace rqpp::cli
