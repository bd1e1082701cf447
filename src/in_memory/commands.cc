#include "in_memory/commands.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace rqpp::in_memory {

redis::Reply number(std::int64_t value) {
  return {.type = redis::Reply::Type::integer, .number = value};
}
redis::Reply text(std::string value) {
  return {.type = redis::Reply::Type::string, .text = std::move(value)};
}
redis::Reply status(std::string value) {
  return {.type = redis::Reply::Type::status, .text = std::move(value)};
}
redis::Reply nil() { return {}; }
redis::Reply array(std::vector<redis::Reply> elements) {
  return {.type = redis::Reply::Type::array, .elements = std::move(elements)};
}
redis::Reply texts(std::span<const std::string> values) {
  std::vector<redis::Reply> elements;
  for (const std::string& value : values) elements.push_back(text(value));
  return array(std::move(elements));
}

std::int64_t integer(std::string_view word) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size()) {
    throw Refusal{"ERR value is not an integer or out of range"};
  }
  return value;
}

double decimal(std::string_view word) {
  if (word == "inf" || word == "+inf") return std::numeric_limits<double>::infinity();
  if (word == "-inf") return -std::numeric_limits<double>::infinity();
  double value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || std::isnan(value)) {
    throw Refusal{"ERR value is not a valid float"};
  }
  return value;
}

std::string decimal_text(double value) {
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return fmt::format("{:.17g}", value);
}

std::string upper(std::string_view word) {
  std::string result(word);
  for (char& c : result) c = (c >= 'a' && c <= 'z') ? static_cast<char>(c - 'a' + 'A') : c;
  return result;
}

void refuse_option(std::string_view command, std::string_view word) {
  throw Refusal{fmt::format("ERR the in-memory queue does not know {} with '{}'", command, word)};
}

Slice slice(std::string_view first, std::string_view last, std::size_t size) {
  const auto count = static_cast<std::int64_t>(size);
  const auto place = [count](std::int64_t index) { return index < 0 ? index + count : index; };
  const std::int64_t begin = std::max<std::int64_t>(place(integer(first)), 0);
  const std::int64_t end = std::min(place(integer(last)) + 1, count);
  if (begin >= end) return {};
  return {.begin = static_cast<std::size_t>(begin), .end = static_cast<std::size_t>(end)};
}

namespace {

redis::Reply error(std::string text) {
  return {.type = redis::Reply::Type::error, .text = std::move(text)};
}

const Command* find_command(std::string_view name) {
  const std::array tables{&key_commands(), &hash_commands(),       &list_commands(),
                          &set_commands(), &sorted_set_commands(), &stream_commands()};
  for (const CommandTable* table : tables) {
    const auto found = table->find(name);
    if (found != table->end()) return &found->second;
  }
  return nullptr;
}

}  // namespace

redis::Reply execute(Keyspace& keys, Words words) {
  const std::string name = upper(words.front());
  const Command* command = find_command(name);
  if (command == nullptr) {
    return error(fmt::format("ERR the in-memory queue does not know the command {}", name));
  }
  if (words.size() < command->least_words) {
    return error(fmt::format("ERR wrong number of arguments for '{}' command", name));
  }
  try {
    return command->run(keys, words);
  } catch (const Refusal& refusal) {
    return error(refusal.text);
  }
}

}  // namespace rqpp::in_memory
