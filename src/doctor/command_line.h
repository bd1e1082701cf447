#pragma once

#include <span>
#include <string>
#include <string_view>

// A call as the slow log and MONITOR show it.
namespace rqpp::doctor {

/// A command as people write it: `CONFIG GET` for INFO's `config|get`. At most 32 characters.
std::string shown_command(std::string_view name);

/// Its command in upper case, with a second word where that says what it does: `CONFIG GET`.
std::string command_of(std::span<const std::string> words);

/// The first key that it names; empty if it names none.
std::string key_of_call(std::span<const std::string> words);

/// What it is about, as a pattern: its key, its script and that script's first key, what KEYS or
/// SCAN look for; empty if it is about nothing.
std::string pattern_of_call(std::span<const std::string> words);

}  // namespace rqpp::doctor
