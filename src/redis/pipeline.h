#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <string>
#include <unordered_set>
#include <vector>

#include "redis/batch.h"
#include "redis/reply.h"

namespace rqpp::redis {

/// Matches the replies of one connection, which come in the order of the commands, with the batches
/// that were sent. Knows no socket: bytes go out at one end, replies come in at the other.
class Pipeline {
 public:
  using Replies = std::vector<Reply>;

  /// Appends the batch's bytes to `out` and awaits its replies.
  void add(Batch batch, std::chrono::milliseconds timeout, std::string& out);
  /// The same for a batch that the caller keeps until its replies are taken or clear() is called.
  void add_borrowed(const Batch& batch, std::chrono::milliseconds timeout, std::string& out);

  /// Takes the next reply from Redis. A script that Redis does not know is sent again: its text is
  /// appended to `out`. Throws DecodeError when no command awaits a reply, or a transaction's reply
  /// has another size than the transaction.
  void take(Reply reply, std::string& out);

  /// The replies of the oldest batch when complete.
  std::optional<Replies> next();
  std::size_t in_flight() const { return in_flight_; }
  /// True when no batch is unanswered or waits for next().
  bool idle() const { return pending_.empty(); }
  /// The timeout of the batch whose reply comes next; nothing when none is awaited.
  std::optional<std::chrono::milliseconds> timeout() const;

  /// Forgets the oldest unanswered batch and all behind it, and which scripts Redis knows. The
  /// complete batches before it stay for next().
  void disconnect();

 private:
  struct Pending {
    Batch owned{};
    const Batch* batch = nullptr;  // owned, or the caller's
    std::chrono::milliseconds timeout{};
    Replies replies{};
    std::size_t answered = 0;
  };
  // A run of replies on the wire, to the commands [next, end) of a batch: one each, or those of a
  // transaction, which has one more for MULTI and one for EXEC.
  struct Awaited {
    std::size_t number = 0;  // of the batch
    std::size_t next = 0;
    std::size_t end = 0;
    bool transaction = false;
    bool resent = false;      // a script, by its text
    std::size_t replies = 0;  // of a transaction, so far
  };

  void enqueue(Pending& pending, std::string& out);
  void enqueue_plain(const Batch& batch, std::size_t begin, std::size_t end, std::string& out);
  void enqueue_transaction(const Batch& batch, std::size_t begin, std::size_t end,
                           std::string& out);
  void append_call(const Batch::Encoded& command, std::string& out);
  void take_plain(Reply reply, std::string& out);
  void take_transaction(Reply reply);
  static void finish_transaction(std::span<Reply> replies, Reply exec);
  void count_answers(Pending& batch, std::size_t answers);
  Pending& numbered(std::size_t number) { return pending_[number - first_]; }

  std::deque<Pending> pending_{};  // a deque: `batch` may point into its own element
  std::deque<Awaited> awaited_{};
  std::size_t first_ = 0;  // number of pending_.front()
  std::size_t in_flight_ = 0;
  std::unordered_set<std::string> known_scripts_{};  // by sha; sent with their text before
};

}  // namespace rqpp::redis
