#pragma once

#include <poll.h>
#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/companion.h"
#include "base/log.h"
#include "worker/channel.h"
#include "worker/frames.h"

namespace rqpp::worker {

/// The process that sends webhooks, seen from the parent: a program of its own (src/messenger) that
/// is started when the first one is to be sent. So neither the parent nor a horse has libcurl
/// mapped, waits for a server, or reads what one answers.
///
/// What cannot be sent is said in the log and lost, as in RQ. The messenger ends with the parent,
/// however that ends; if it is killed itself, the next webhook starts another one.
class Messenger {
 public:
  static constexpr std::size_t kMostJobs = 10'000;
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;

  /// `hosts` as in WorkerOptions.
  explicit Messenger(base::Log log, std::optional<std::vector<std::string>> hosts = {},
                     std::string program = base::companion_path("rqpp-messenger"))
      : log_(std::move(log)), hosts_(std::move(hosts)), program_(std::move(program)) {}
  Messenger(const Messenger&) = delete;
  Messenger& operator=(const Messenger&) = delete;
  ~Messenger();

  /// Sends the webhooks of a job, unless those of kMostJobs others, or of kMostBytes, are under
  /// way.
  void send(SendWebhooks order);

  /// Appends what to poll for.
  void watch(std::vector<pollfd>& fds) const;
  /// Does what poll reported for the descriptor of the last `watch`.
  void step(std::span<const pollfd> fds);

  /// Waits until all is sent, but not longer than `patience`, and ends the process.
  void end(std::chrono::milliseconds patience) noexcept;

  pid_t pid() const noexcept { return pid_; }  ///< -1: there is none.

 private:
  std::string why_not() const;
  void start();
  void read();
  void bury(const std::string& trouble);
  void wait_for_answers(std::chrono::milliseconds patience);

  base::Log log_;
  std::optional<std::vector<std::string>> hosts_;
  std::string program_;
  bool said_why_not_ = false;  // no webhook can be sent
  pid_t pid_ = -1;
  Channel<FromMessenger> channel_{};
  std::map<std::uint64_t, std::size_t> sizes_{};  // of what is under way
  std::size_t bytes_ = 0;                         // their sum
  std::uint64_t last_ = 0;
};

}  // namespace rqpp::worker
