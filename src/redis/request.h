#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// How a command looks on its way to Redis: `*2\r\n$3\r\nGET\r\n$1\r\nk\r\n`.
namespace rqpp::redis {

/// What stands before a command's words: how many there are.
void append_count(std::string& out, std::size_t words);

void append_word(std::string& out, std::string_view word);
void append_word(std::string& out, std::int64_t number);
void append_word(std::string& out, std::uint64_t number);

/// A whole command.
void append_command(std::string& out, const std::vector<std::string>& words);

/// Takes the first word from words that append_word wrote; there must be one.
std::string_view take_word(std::string_view& words);

}  // namespace rqpp::redis
