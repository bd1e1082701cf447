#pragma once

#include "literal_cursor.h"

#include <rqpp/value.h>

namespace rqpp::cli {

/// Whether a string or bytes begin here: a quote, or a prefix with one.
bool at_literal_text(const LiteralCursor& cursor);

/// Reads a string or bytes, and those behind it that Python would join with them. Throws
/// DecodeError.
Value take_literal_text(LiteralCursor& cursor);

}  // namespace rqpp::cli
