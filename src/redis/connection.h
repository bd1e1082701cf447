#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <vector>

#include "redis/batch.h"
#include "redis/link.h"
#include "redis/pipeline.h"
#include "redis/reply.h"
#include "redis/settings.h"

namespace rqpp::redis {

/// One connection to Redis, used in one of two ways; not for several threads at once.
///
/// *Blocking*, for producers: `run(batch)` connects when needed and returns the replies.
///
/// *Stepped*, for a loop around poll(2): `start()`, then poll `fd()` for `events()`, call `step()`
/// with what poll reported, `send()` batches, `flush()` once per wake-up, and take replies with
/// `next_reply()` until it has none. Nothing here blocks, except that the first step after start()
/// waits for the system's resolver when the host is a name.
///
/// A script that Redis does not know is sent again by its text; callers see nothing of it. The
/// first call of a script on a connection sends the text at once, so that commands behind a script
/// in a batch stay behind it; only when Redis forgets the script later (SCRIPT FLUSH) does it run
/// after what was already on its way.
class Connection {
 public:
  using Clock = Link::Clock;
  using Replies = std::vector<Reply>;
  /// Instead of Settings::io_timeout for one batch, for commands that block in Redis; 0: for ever.
  using Timeout = std::optional<std::chrono::milliseconds>;

  explicit Connection(Settings settings);
  Connection(Connection&&) noexcept = default;
  Connection& operator=(Connection&&) noexcept = default;

  const Settings& settings() const { return link_.settings(); }

  /// Sends the batch and waits for one reply per command. Throws CommandError for the first error
  /// reply, ConnectionError, and TimeoutError, which closes the connection.
  ///
  /// A connection that broke since the last call is opened anew, and a batch of which no byte could
  /// be written is sent again, once. A batch that was sent, and whose replies did not all come, may
  /// have been executed: it is never resent; that is the caller's decision.
  Replies run(const Batch& batch, Timeout timeout = {});
  /// The same, but error replies stay among the replies.
  Replies try_run(const Batch& batch, Timeout timeout = {});

  /// What came of one batch among others.
  struct Outcome {
    Replies replies{};           ///< As try_run returns them.
    std::exception_ptr error{};  ///< What try_run throws.
  };
  /// Batches of several callers, in one write. When the connection breaks, those that had all
  /// their replies have them; all others have its error.
  std::vector<Outcome> run_together(std::span<const Batch* const> batches);

  /// Begins to connect; an open connection is closed first and what was unanswered is forgotten.
  /// Throws ConnectionError for what fails at once: nobody listens on this machine, an unreadable
  /// certificate.
  void start();
  /// True when Redis has accepted us and batches can go.
  bool ready() const { return link_.ready(); }
  /// True between start() and close() or the first error.
  bool open() const { return link_.open(); }
  int fd() const { return link_.fd(); }            ///< May change with every step; -1: closed.
  short events() const { return link_.events(); }  ///< What to poll for.

  /// Does what can be done without blocking. Throws ConnectionError when the connection failed; it
  /// is closed then, the oldest batch without all its replies and those behind it are forgotten,
  /// and complete ones before it still wait in next_reply().
  void step(short revents);
  /// Puts a batch behind those before it; it leaves with the next flush() or step(), and not before
  /// ready(). Throws ConnectionError when the connection is not open.
  void send(Batch batch, Timeout timeout = {});
  /// Writes what is queued, as far as that goes at once. Throws like step().
  void flush();
  /// The replies of the oldest batch, one per command, when they are complete.
  std::optional<Replies> next_reply() { return pipeline_.next(); }
  /// Batches sent whose replies are not complete.
  std::size_t in_flight() const { return pipeline_.in_flight(); }

  /// When Redis must have answered; nothing when nothing is awaited.
  std::optional<Clock::time_point> deadline() const;
  /// Throws TimeoutError and closes the connection when the deadline is over.
  void check_deadline(Clock::time_point now);

  void close() noexcept;

  /// How often it has begun to connect: tells whether `run` has connected anew.
  std::uint64_t starts() const { return starts_; }

 private:
  void exchange(std::span<const Batch* const> batches, Timeout timeout);
  bool send_now(std::span<const Batch* const> batches, Timeout timeout);
  bool reuse();
  void connect_now();
  void pump();
  void wait();
  std::chrono::milliseconds timeout_or_default(Timeout timeout) const;
  template <class Action>
  void guarded(const Action& action);

  Link link_;
  Pipeline pipeline_{};
  Clock::time_point last_progress_{};
  std::uint64_t moved_ = 0;  // link_.moved() at last_progress_
  std::uint64_t starts_ = 0;
};

/// Throws CommandError for the first error among the replies, naming its command.
void throw_first_error(const Batch& batch, const std::vector<Reply>& replies);

}  // namespace rqpp::redis
