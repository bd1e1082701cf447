#pragma once

#include <ostream>

#include <rqpp/value.h>

namespace rqpp {

/// How GoogleTest shows a Value in a failure.
inline void PrintTo(const Value& value, std::ostream* out) {
  *out << value.type_name() << ' ' << value.repr();
}

}  // namespace rqpp
