#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <rqpp/error.h>

#include "codec/pickle.h"
#include "codec/repr.h"

namespace rqpp::fuzz {

/// Whatever is read must be readable again when it is written, and show the same.
inline void fuzz_pickle(std::string_view bytes) {
  Value value;
  try {
    value = codec::read_pickle(bytes);
  } catch (const DecodeError&) {
    return;
  }
  codec::short_repr(value);
  if (value.find_opaque() != nullptr || value.expanded_size() > (1U << 20)) return;
  const Value again = codec::read_pickle(codec::write_pickle(value));
  if (again != value) throw std::logic_error("read back as another value: " + value.repr());
  if (again.repr() != value.repr()) throw std::logic_error("read back with another repr");
}

}  // namespace rqpp::fuzz
