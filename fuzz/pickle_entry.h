#pragma once

#include <string>
#include <string_view>

#include <rqpp/error.h>

#include "codec/pickle.h"
#include "codec/repr.h"
#include "expect.h"

namespace rqpp::fuzz {

/// Whatever Redis holds may stand where a pickle should: it is read as data or refused. What was
/// read can be written, and is then read as the same.
inline void fuzz_pickle(std::string_view bytes) {
  // Above this, sharing has made much out of little; writing that out tells nothing and takes long.
  constexpr std::size_t kWritten = 1 << 20;
  Value value;
  try {
    value = codec::read_pickle(bytes);
  } catch (const DecodeError&) {
    return;
  }
  (void)codec::short_repr(value);
  if (value.find_opaque() != nullptr || value.expanded_size() > kWritten) return;
  const std::string written = codec::write_pickle(value);
  const Value again = codec::read_pickle(written);
  expect(again == value, "a pickle that was written is read as the same value");
  expect(again.repr() == value.repr(), "a value read again has the same repr");
  expect(codec::write_pickle(again) == written, "a value read again is written as before");
}

}  // namespace rqpp::fuzz
