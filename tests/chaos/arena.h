#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <poll.h>
#include <sys/types.h>

#include "redis/connection.h"
#include "sandbox/ephemeral_server.h"
#include "support/cable.h"
#include "support/cutting_proxy.h"
#include "support/program.h"

namespace rqpp::test {

/// How a worker reaches Redis.
enum class Access { direct, proxy, cable };

/// A worker, and whoever replaces it.
struct Post {
  std::string name{};                ///< Of the worker that is there now.
  std::vector<std::string> words{};  ///< Its queues and options.
  Access access = Access::direct;
  int generation = 0;
  int launches = 0;
  bool stopping = false;  ///< It was asked to end.
  std::unique_ptr<CuttingProxy> proxy{};
  std::unique_ptr<Program> worker{};
};

/// What the books have to allow for, and would not forgive otherwise.
struct Damage {
  std::set<pid_t> killed{};   ///< Horses and fork servers that were killed, by us or with a parent.
  bool runs_lost = false;     ///< A worker may have been given up while it ran something.
  bool history_lost = false;  ///< Redis has forgotten what it had acknowledged.
};

/// Where chaos happens: a Redis that keeps its data, workers that reach it in different ways, and a
/// folder for what jobs write.
class Arena {
 public:
  static const std::vector<std::string>& queues();

  /// Workers of many kinds.
  static std::vector<Post> fleet();

  /// With `fsync` as Redis' appendfsync. No worker is started yet.
  Arena(const std::string& fsync, std::vector<Post> posts);
  ~Arena();

  sandbox::EphemeralServer& server() { return *server_; }
  std::string url() const { return server_->url() + "&socket_timeout=3"; }
  /// Without one, whoever would be behind it reaches Redis by the loopback.
  const std::string& why_no_cable() const { return why_no_cable_; }
  Cable* cable() { return cable_ ? &*cable_ : nullptr; }
  std::vector<Post>& posts() { return posts_; }
  Damage& damage() { return damage_; }
  const Damage& damage() const { return damage_; }
  std::string folder() const { return folder_.string(); }

  /// Starts a worker at its post. The one before must be over.
  void launch(Post& post);
  /// Starts again those that ended because Redis could not be reached at their start, as systemd
  /// would. No other end is as it should be, unless it was asked for.
  void supervise();
  const std::vector<std::string>& unexpected_ends() const { return unexpected_ends_; }
  /// SIGKILL; all processes below the worker count as killed.
  void kill(Post& post);
  /// SIGKILL to Redis. What it has written brings it back at the same addresses.
  void stop_server();
  void start_server();
  /// SIGSTOP, and SIGCONT to the server of this process id.
  pid_t freeze_server();
  void thaw_server(pid_t pid);
  /// Neither stopped nor frozen.
  bool server_answers() const { return answers_; }

  std::string log_of(const Post& post) const {
    return (folder_ / ("log-" + post.name + "." + std::to_string(post.launches))).string();
  }

  /// Asks Redis, and waits until it answers, connecting again where necessary.
  template <class... Args>
  redis::Reply ask(std::string_view name, const Args&... args) {
    redis::Batch batch;
    batch.add(name, args...);
    return run(batch);
  }

 private:
  void make_server(const std::string& fsync);
  std::unique_ptr<Cable::Visit> visit(Cable::End end) const;
  std::string url_for(const Post& post) const;
  redis::Reply run(const redis::Batch& batch);
  bool has_listened(const Post& post) const;

  std::filesystem::path folder_{};
  std::optional<Cable> cable_{};
  std::string why_no_cable_{};
  std::optional<sandbox::EphemeralServer> server_{};
  bool answers_ = true;
  std::optional<redis::Connection> control_{};
  std::vector<Post> posts_{};
  Damage damage_{};
  std::vector<std::string> unexpected_ends_{};
};

template <class Condition>
[[nodiscard]] bool becomes_true(const Condition& condition, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > until) return false;
    ::poll(nullptr, 0, 10);
  }
  return true;
}

}  // namespace rqpp::test
