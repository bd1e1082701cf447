#pragma once

#include "literal_cursor.h"

#include <rqpp/value.h>

namespace rqpp::cli {

/// Whether a number without a sign begins here.
bool at_literal_number(const LiteralCursor& cursor);

/// Reads an integer of any size or a float, as Python writes them. Throws DecodeError.
Value take_literal_number(LiteralCursor& cursor);

/// The number with the other sign.
Value negated(const Value& number);

}  // namespace rqpp::cli
