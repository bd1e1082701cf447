#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>

#include "in_memory/keyspace.h"
#include "redis/reply.h"

// The commands of an in-memory Redis: those that rqpp sends, and its scripts, with the options that
// it uses. Anything else is refused, never guessed.
namespace rqpp::in_memory {

/// A command with its name.
using Words = std::span<const std::string>;

/// Runs one command. What Redis would refuse is an error reply.
redis::Reply execute(Keyspace& keys, Words words);

struct Command {
  std::size_t least_words = 1;
  redis::Reply (*run)(Keyspace& keys, Words words) = nullptr;
};
using CommandTable = std::map<std::string_view, Command>;

const CommandTable& key_commands();
const CommandTable& hash_commands();
const CommandTable& list_commands();
const CommandTable& set_commands();
const CommandTable& sorted_set_commands();
const CommandTable& stream_commands();

// ---- replies, and words as numbers; all that read words throw Refusal

redis::Reply number(std::int64_t value);
redis::Reply text(std::string value);
redis::Reply status(std::string value);
redis::Reply nil();
redis::Reply array(std::vector<redis::Reply> elements);
redis::Reply texts(std::span<const std::string> values);

std::int64_t integer(std::string_view word);
double decimal(std::string_view word);
/// As Redis writes scores: the shortest text that is read as the same number.
std::string decimal_text(double value);
std::string upper(std::string_view word);
/// For a command with words that rqpp does not use.
[[noreturn]] void refuse_option(std::string_view command, std::string_view word);

/// The part [first, last] of `size` items, where negative numbers count from the end.
struct Slice {
  std::size_t begin = 0;
  std::size_t end = 0;
};
Slice slice(std::string_view first, std::string_view last, std::size_t size);

}  // namespace rqpp::in_memory
