#include "redis/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>

#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

constexpr std::size_t kFirstKey = 3;  // EVALSHA sha n key…

bool is_plain(unsigned char c) { return c > ' ' && c < 0x7F && c != '"' && c != '\''; }

void append_quoted(std::string& out, std::string_view word) {
  out.push_back('"');
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte == '"' || byte == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte >= ' ' && byte < 0x7F) {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    }
  }
  out.push_back('"');
}

void append_shown(std::string& out, std::string_view word) {
  const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return is_plain(static_cast<unsigned char>(c));
  });
  if (plain) {
    out.append(word);
  } else {
    append_quoted(out, word);
  }
}

std::size_t key_count(const Batch::Command& command) {
  std::size_t count = 0;
  const std::string& text = command.args[kFirstKey - 1];
  std::from_chars(text.data(), text.data() + text.size(), count);
  return count;
}

void append_script(std::string& out, const Batch::Command& command) {
  out.append(command.script->name()).push_back('(');
  const std::size_t first_argument = kFirstKey + key_count(command);
  for (std::size_t i = kFirstKey; i < command.args.size(); ++i) {
    if (i == first_argument) {
      out.append(i == kFirstKey ? "| " : " | ");
    } else if (i > kFirstKey) {
      out.push_back(' ');
    }
    append_shown(out, command.args[i]);
  }
  out.push_back(')');
}

void append_plain(std::string& out, const Batch::Command& command) {
  for (std::size_t i = 0; i < command.args.size(); ++i) {
    if (i > 0) out.push_back(' ');
    append_shown(out, command.args[i]);
  }
}

[[noreturn]] void refuse_script(const Script& script) {
  throw InvalidArgument(fmt::format(
      "the script '{}' cannot be part of a transaction by its hash, which Redis may have "
      "forgotten. Call it by its text, or add it after the transaction.",
      script.name()));
}

}  // namespace

void Batch::count_words(std::size_t count) {
  if (places_.empty()) throw InvalidArgument("there is no command yet that could have more words.");
  places_.back().count += count;
}

Batch& Batch::add_words(const std::vector<std::string>& words) {
  if (words.empty()) throw InvalidArgument("a command needs a name, but it has no words.");
  begin_command(nullptr);
  for (const std::string& word : words) more(word);
  return *this;
}

Batch& Batch::call(const Script& script, const std::vector<std::string>& keys,
                   const std::vector<std::string>& args, CallBy by) {
  begin_command(&script, by);
  more("EVALSHA", script.sha(), keys.size());
  for (const std::string& key : keys) more(key);
  for (const std::string& arg : args) more(arg);
  return *this;
}

Batch& Batch::append(Batch other) {
  if (empty()) {
    *this = std::move(other);
    return *this;
  }
  const std::size_t commands = size();
  for (const Place& each : other.places_) {
    Place& place = places_.emplace_back(each);
    place.begin += words_.size();
  }
  words_ += other.words_;
  for (const Transaction& each : other.transactions_) {
    transactions_.push_back({commands + each.begin, commands + each.end});
  }
  return *this;
}

void Batch::reserve(std::size_t commands, std::size_t bytes) {
  places_.reserve(commands);
  words_.reserve(bytes);
}

Batch& Batch::atomic() {
  for (const Place& each : places_) {
    if (each.script != nullptr && each.by == CallBy::hash) refuse_script(*each.script);
  }
  transactions_.clear();
  if (!empty()) transactions_.push_back({0, size()});
  return *this;
}

bool Batch::is_atomic() const {
  return transactions_.size() == 1 && transactions_[0].begin == 0 && transactions_[0].end == size();
}

Batch::Encoded Batch::encoded(std::size_t index) const {
  const Place& place = places_[index];
  const std::size_t end = index + 1 < size() ? places_[index + 1].begin : words_.size();
  return {std::string_view(words_).substr(place.begin, end - place.begin), place.count,
          place.script, place.by};
}

std::vector<Batch::Command> Batch::commands() const {
  std::vector<Command> all;
  all.reserve(size());
  for (std::size_t i = 0; i < size(); ++i) {
    Encoded encoded = this->encoded(i);
    Command& command = all.emplace_back(Command{{}, encoded.script});
    for (; encoded.count > 0; --encoded.count) command.args.emplace_back(take_word(encoded.words));
  }
  return all;
}

std::string to_text(const Batch& batch) {
  std::string out = "\n";
  for (const Batch::Command& command : batch.commands()) {
    if (command.script != nullptr) {
      append_script(out, command);
    } else {
      append_plain(out, command);
    }
    out.push_back('\n');
  }
  return out;
}

}  // namespace rqpp::redis
