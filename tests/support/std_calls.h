#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace rqpp::house {

/// Calls of a function of ours that say no namespace although the standard library has a function
/// template of that name: with an argument of a type from std, argument-dependent lookup finds
/// both, and which one wins depends on the release of the library.
///
/// Looks at functions that headers below src/ and cli/ declare at namespace scope, and at calls in
/// the same folders. Each line names the call: `src/codec/json.cc:3: quoted( meets std::quoted`.
std::vector<std::string> calls_that_meet_std(const std::filesystem::path& root);

}  // namespace rqpp::house
