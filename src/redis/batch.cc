#include "redis/batch.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

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
      "the script '{}' cannot be part of a transaction. A script is atomic by itself: add it "
      "after the transaction.",
      script.name()));
}

}  // namespace

Batch& Batch::add_words(std::vector<std::string> words) {
  if (words.empty()) throw InvalidArgument("a command needs a name, but it has no words.");
  commands_.push_back(Command{std::move(words), nullptr});
  return *this;
}

Batch& Batch::call(const Script& script, std::vector<std::string> keys,
                   std::vector<std::string> args) {
  Command command{{}, &script};
  command.args.reserve(kFirstKey + keys.size() + args.size());
  command.args.emplace_back("EVALSHA");
  command.args.push_back(script.sha());
  command.args.push_back(std::to_string(keys.size()));
  std::move(keys.begin(), keys.end(), std::back_inserter(command.args));
  std::move(args.begin(), args.end(), std::back_inserter(command.args));
  commands_.push_back(std::move(command));
  return *this;
}

Batch& Batch::append(Batch other) {
  if (commands_.empty()) {
    *this = std::move(other);
    return *this;
  }
  const std::size_t before = commands_.size();
  std::move(other.commands_.begin(), other.commands_.end(), std::back_inserter(commands_));
  for (const Transaction& each : other.transactions_) {
    transactions_.push_back({before + each.begin, before + each.end});
  }
  return *this;
}

Batch& Batch::atomic() {
  for (const Command& command : commands_) {
    if (command.script != nullptr) refuse_script(*command.script);
  }
  transactions_.clear();
  if (!commands_.empty()) transactions_.push_back({0, commands_.size()});
  return *this;
}

bool Batch::is_atomic() const {
  return transactions_.size() == 1 && transactions_[0].begin == 0 &&
         transactions_[0].end == commands_.size();
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
