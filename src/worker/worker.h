#pragma once

#include <poll.h>

#include <optional>
#include <vector>

#include "base/log.h"
#include "base/notify.h"
#include "scheduler/scheduler.h"
#include "worker/broker.h"
#include "worker/herd.h"
#include "worker/messenger.h"
#include "worker/requests.h"
#include "worker/supervisor.h"

namespace rqpp::worker {

/// The loop around poll(2): events go to the Supervisor, its actions to the Herd and the Broker. It
/// decides nothing itself.
class Worker {
 public:
  struct Options {
    Requests requests;  ///< Who may ask it to stop.
    Supervisor::Options supervisor{};
    Broker::Options broker{};
    OutputLanes::Options output{};
    std::optional<std::vector<std::string>> webhook_hosts{};  ///< See WorkerOptions.
    bool with_scheduler = false;                              ///< See WorkerOptions.
    base::Notify notify{};  ///< Who is told that the worker is ready, lives, and stops.
  };

  /// `stable` was started with `stable_options`.
  Worker(Options options, Stable stable, StableOptions stable_options,
         const redis::Settings& settings, const base::Log& log);
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Returns when the work is done. Throws Error if it cannot begin or go on.
  void run();

 private:
  void await_subscription();
  void turn();
  template <class Step>
  void contained(const Step& step);
  void hear(Herd::News news);
  void handle(Event event);
  void perform(Action action);
  template <class T>
  void carry_out(T& action);
  void end();
  void announce_stop(StopReason reason);
  void notify();
  void hear_requests(const pollfd& fd);
  int milliseconds_to_wait(Moment now) const;

  std::string name_;
  std::vector<std::string> queues_;
  base::Log log_;
  Requests requests_;
  Supervisor supervisor_;
  Herd herd_;
  Broker broker_;
  Messenger messenger_;
  std::optional<scheduler::Scheduler> scheduler_{};
  base::Notify notify_;
  std::vector<pollfd> fds_{};
  bool finished_ = false;
};

}  // namespace rqpp::worker
