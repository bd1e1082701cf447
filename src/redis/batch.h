#pragma once

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "redis/script.h"

namespace rqpp::redis {

/// Commands that leave in one write and whose replies come back in order.
///
/// A batch is a value: the protocol folder builds it, a Connection sends it, a test reads it as
/// text.
class Batch {
 public:
  struct Command {
    std::vector<std::string>
        args{};  ///< As sent: name first; for a script `EVALSHA sha n keys… args…`.
    const Script* script = nullptr;  ///< Set for a script call, so that NOSCRIPT can be answered.
  };

  /// The commands [begin, end) of a batch, at least one.
  struct Transaction {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  /// Adds one command: `batch.add("ZADD", key, 1000, id)`. Texts and integers only.
  template <class... Args>
  Batch& add(std::string_view name, const Args&... args) {
    std::vector<std::string> words;
    words.reserve(1 + sizeof...(args));
    words.emplace_back(name);
    (words.push_back(word(args)), ...);
    return add_words(std::move(words));
  }
  /// Adds one command whose number of arguments is known only at run time.
  Batch& add_words(std::vector<std::string> words);
  /// Adds a call of a script. The script must outlive the batch (all of ours are constants).
  Batch& call(const Script& script, std::vector<std::string> keys, std::vector<std::string> args);
  /// Adds all commands of another batch; its transactions stay transactions, of their own.
  Batch& append(Batch other);

  /// Makes one transaction of the commands so far: they are sent between MULTI and EXEC. Their
  /// replies are still one per command. Throws InvalidArgument when there are scripts among them: a
  /// script is atomic by itself.
  Batch& atomic();
  /// True when the whole batch is one transaction.
  bool is_atomic() const;
  /// The transactions among the commands, in their order.
  std::span<const Transaction> transactions() const { return transactions_; }

  std::span<const Command> commands() const { return commands_; }
  std::size_t size() const { return commands_.size(); }
  bool empty() const { return commands_.empty(); }

 private:
  static std::string word(std::string_view text) { return std::string(text); }
  static std::string word(const char* text) { return text; }
  static std::string word(const std::string& text) { return text; }
  static std::string word(std::integral auto number) { return std::to_string(number); }

  std::vector<Command> commands_{};
  std::vector<Transaction> transactions_{};
};

/// A batch as a test reads it: one command per line, words separated by blanks, a script as
/// `claim(key key | arg arg)`; it begins and ends with a line break. A word that is empty or holds
/// a blank, a quote or a non-printable character is shown in double quotes with \xNN escapes.
std::string to_text(const Batch& batch);

}  // namespace rqpp::redis
