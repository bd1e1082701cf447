#pragma once

#include <fmt/format.h>

#include <cstddef>
#include <string_view>
#include <type_traits>
#include <vector>

#include "codec/json.h"

#include <rqpp/error.h>
#include <rqpp/value.h>

namespace rqpp::protocol {

struct JsonListLimits {
  std::size_t bytes = 0;
  std::size_t items = 0;
};

/// The items of a job's field that is a list in JSON, each as `read` makes it; none where the field
/// is empty. Throws DecodeError, which names the field.
template <class Read>
auto read_json_list(std::string_view field, std::string_view json, JsonListLimits most, Read read) {
  std::vector<std::invoke_result_t<Read, const Value&>> items;
  if (json.empty()) return items;
  try {
    const Value list = codec::read_json(json, most.bytes);
    if (list.items().size() > most.items) throw DecodeError("there are too many");
    for (const Value& item : list.items()) items.push_back(read(item));
  } catch (const Error& error) {
    throw DecodeError(
        fmt::format("job field '{}': {}, got '{}'", field, error.what(), json.substr(0, 60)));
  }
  return items;
}

}  // namespace rqpp::protocol
