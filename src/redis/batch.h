#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redis/request.h"
#include "redis/script.h"

namespace rqpp::redis {

/// How a script is called.
enum class CallBy : std::uint8_t {
  hash,  ///< EVALSHA. A script that Redis has forgotten is sent again with its text, behind the
         ///< commands that were sent meanwhile.
  text   ///< EVAL, at the cost of the text's bytes, for a script that must run before the commands
         ///< behind it. In a transaction only its first call has the text: Redis forgets no script
         ///< between MULTI and EXEC.
};

/// Commands that leave in one write and whose replies come back in order.
///
/// A batch is a value: the protocol folder builds it, a Connection sends it, a test reads it as
/// text. It holds its words as they are sent, all in one text, so that neither a command nor a word
/// is an allocation.
class Batch {
 public:
  /// A command with its words apart, for whoever reads a batch instead of sending it.
  struct Command {
    std::vector<std::string>
        args{};  ///< As sent: name first; for a script `EVALSHA sha n keys… args…`.
    const Script* script = nullptr;  ///< Set for a script call, so that NOSCRIPT can be answered.
  };
  /// A command as it is sent: its words one behind the other (see append_word), and their number.
  struct Encoded {
    std::string_view words{};
    std::size_t count = 0;
    const Script* script = nullptr;
    CallBy by = CallBy::hash;
  };

  /// The commands [begin, end) of a batch, at least one.
  struct Transaction {
    std::size_t begin = 0;
    std::size_t end = 0;
  };

  /// Adds one command: `batch.add("ZADD", key, 1000, id)`. Texts and integers only.
  template <class... Args>
  Batch& add(std::string_view name, const Args&... args) {
    begin_command(nullptr);
    return more(name, args...);
  }
  /// Adds words to the last command, where their number is known only at run time:
  /// `batch.add("RPUSH", key).more(id)`. Throws InvalidArgument if there is no command.
  template <class... Args>
  Batch& more(const Args&... args) {
    count_words(sizeof...(args));
    (put(args), ...);
    return *this;
  }
  template <class Words>
  Batch& more_of(const Words& words) {
    for (const auto& word : words) more(word);
    return *this;
  }
  /// Adds one command of these words.
  Batch& add_words(const std::vector<std::string>& words);
  /// Adds a call of a script, whose arguments may be continued by `more`. The script must outlive
  /// the batch (all of ours are constants).
  Batch& call(const Script& script, const std::vector<std::string>& keys,
              const std::vector<std::string>& args, CallBy by = CallBy::hash);
  /// Adds all commands of another batch; its transactions stay transactions, of their own.
  Batch& append(Batch other);
  /// Makes room for so many commands and bytes, of a batch that will be large.
  void reserve(std::size_t commands, std::size_t bytes);

  /// Makes one transaction of the commands so far: they are sent between MULTI and EXEC. Their
  /// replies are still one per command. Throws InvalidArgument when a script among them is called
  /// by its hash: there is no answer to NOSCRIPT within a transaction.
  Batch& atomic();
  /// True when the whole batch is one transaction.
  bool is_atomic() const;
  /// The transactions among the commands, in their order.
  std::span<const Transaction> transactions() const { return transactions_; }

  /// Copies of all commands.
  std::vector<Command> commands() const;
  Encoded encoded(std::size_t index) const;
  std::size_t size() const { return places_.size(); }
  bool empty() const { return places_.empty(); }
  /// What its words take.
  std::size_t bytes() const { return words_.size(); }

 private:
  struct Place {
    std::size_t begin = 0;  // in words_; the command ends where the next one begins
    std::size_t count = 0;
    const Script* script = nullptr;
    CallBy by = CallBy::hash;
  };

  void begin_command(const Script* script, CallBy by = CallBy::hash) {
    places_.push_back({words_.size(), 0, script, by});
  }
  void count_words(std::size_t count);
  void put(std::string_view text) { append_word(words_, text); }
  void put(std::signed_integral auto number) {
    append_word(words_, static_cast<std::int64_t>(number));
  }
  void put(std::unsigned_integral auto number) {
    append_word(words_, static_cast<std::uint64_t>(number));
  }

  std::string words_{};
  std::vector<Place> places_{};
  std::vector<Transaction> transactions_{};
};

/// A batch as a test reads it: one command per line, words separated by blanks, a script as
/// `claim(key key | arg arg)`; it begins and ends with a line break. A word that is empty or holds
/// a blank, a quote or a non-printable character is shown in double quotes with \xNN escapes.
std::string to_text(const Batch& batch);

}  // namespace rqpp::redis
