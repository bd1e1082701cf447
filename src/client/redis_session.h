#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <sys/types.h>

#include "client/session.h"
#include "redis/settings.h"

namespace rqpp::client {

/// The connections to one Redis.
class RedisSession final : public Session {
 public:
  /// Says where Redis is; asked once, at the first use.
  using Find = std::function<redis::Settings()>;

  RedisSession(Find find, Serializer serializer) : Session(serializer), find_(std::move(find)) {}

  /// On the shared connection. While one thread waits for Redis, the batches of others collect; the
  /// first of these threads then sends them all in one write and hands each its replies. A thread
  /// that is alone notices nothing of it.
  Replies run(const redis::Batch& batch) override;
  /// On a connection that nobody else has meanwhile.
  Replies run_aside(const redis::Batch& batch, std::chrono::milliseconds block) override;

 private:
  struct Line {
    redis::Connection connection;
    pid_t owner;  // the process that connected
  };
  using Pointer = std::unique_ptr<Line>;

  // A thread that waits for others to be done, or for its replies.
  struct Caller {
    const redis::Batch* batch = nullptr;
    redis::Connection::Outcome outcome{};
    bool leads = false;
    bool done = false;
    std::condition_variable woken{};
  };
  using Lock = std::unique_lock<std::mutex>;

  void lead(Lock& turn, Caller& caller);
  std::vector<Caller*> take_callers();
  std::vector<redis::Connection::Outcome> ask(const std::vector<Caller*>& callers);

  Pointer new_line();
  Pointer take_spare();
  void keep_spare(Pointer line);
  redis::Settings settings();

  const Find find_;

  std::mutex turn_{};  // of the three below
  bool busy_ = false;  // some thread asks on `shared_`, which is its own meanwhile
  std::deque<Caller*> callers_{};
  Pointer shared_{};

  std::mutex state_{};  // of all below
  std::optional<redis::Settings> settings_{};
  std::vector<Pointer> spare_{};
};

}  // namespace rqpp::client
