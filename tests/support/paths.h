#pragma once

#include <string>

// Where the sources and what was built from them are. The paths are known to one source only, so
// that a compiler cache serves all others to every checkout.
namespace rqpp::test {

/// The root of the checkout.
const std::string& source_dir();
/// The build folder: `<source>/build/release`.
const std::string& build_dir();
/// `tests/golden`.
const std::string& golden_dir();

}  // namespace rqpp::test
