#pragma once

#include <poll.h>

#include <cstddef>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "base/log.h"
#include "worker/channel.h"
#include "worker/events.h"
#include "worker/output_lanes.h"
#include "worker/stable.h"

namespace rqpp::worker {

/// The horses and their channels, seen from the parent: what the Supervisor decides goes out as
/// frames, what comes in becomes events.
class Herd {
 public:
  /// What a horse asks for while its job runs goes to Redis, not to the Supervisor.
  using News = std::variant<Event, MetaSaved, EnqueueRequest>;

  Herd(Stable stable, OutputLanes::Options output, const base::Log& log)
      : stable_(std::move(stable)), output_(output, log), log_(log) {}

  void perform(const ForkHorse& action);
  void perform(const SignalHorse& action) { stable_.signal_horse(action.horse, action.signal); }
  void perform(const Assign& action);
  void perform(const RetireHorse& action);
  /// Sends what was performed.
  void flush();

  /// Appends what to poll for.
  void watch(std::vector<pollfd>& fds) const;
  /// Reads what poll reported for the descriptors of the last `watch`. Throws Error when the stable
  /// is gone: without it there are no horses.
  std::vector<News> step(std::span<const pollfd> fds);

 private:
  struct Horse {
    HorseChannel channel{};
    std::string job_id{};  // of the job that runs there
    Usage spent{};         // by the jobs that ended there
    int lane = 0;          // of its output
  };

  void take_report(Stable::Report report, std::vector<News>& news);
  void take_frames(int id, Arrivals<FromHorse> arrivals, std::vector<News>& news);
  void take_frame(int id, Horse& horse, FromHorse frame, std::vector<News>& news);

  void forget(int id);

  Stable stable_;
  OutputLanes output_;
  std::map<int, Horse> horses_{};
  base::Log log_;
};

}  // namespace rqpp::worker
