#pragma once

#include <poll.h>

#include <deque>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "base/log.h"
#include "worker/backlog.h"
#include "worker/channel.h"
#include "worker/events.h"
#include "worker/output_lanes.h"
#include "worker/slate.h"
#include "worker/stable.h"

namespace rqpp::worker {

/// The horses and their channels, seen from the parent: what the Supervisor decides goes out as
/// frames, what comes in becomes events.
class Herd {
 public:
  /// What a horse asks for while its job runs goes to Redis, not to the Supervisor.
  template <class Frame>
  struct Asked {
    std::string job_id{};  ///< Who asks.
    Frame frame{};
    Receipt receipt{};
  };
  using News = std::variant<Event, Asked<MetaSaved>, Asked<EnqueueRequest>>;

  /// `options` are those of `stable`, for the stables that replace it.
  Herd(Stable stable, StableOptions options, OutputLanes::Options output, const base::Log& log);

  void perform(const ForkHorse& action);
  void perform(const SignalHorse& action);
  /// The next horses come from a new stable, which loads modules as they are now on disk. The old
  /// one ends when its last horse has gone.
  void perform(const ReplaceStable& action);
  void perform(const Assign& action);
  void perform(const AssignCallback& action);
  void perform(const Recall& action);
  void perform(const RetireHorse& action);
  /// The horse could not be given its job: it is killed, and the job fails with the reason.
  void give_up(int horse, const std::string& why);
  /// Sends what was performed.
  void flush();
  /// Redis has what was asked for. Until then a horse that asks for much is made to wait.
  void acknowledge(const Receipt& receipt) { backlog_.remove(receipt); }

  /// True if `step` has something to tell, whatever poll says.
  bool has_news() const { return !untold_.empty(); }
  /// Appends what to poll for.
  void watch(std::vector<pollfd>& fds) const;
  /// Reads what poll reported for the descriptors of the last `watch`. A stable that died takes its
  /// horses along; the next horse is forked by a new one.
  std::vector<News> step(std::span<const pollfd> fds);

 private:
  /// A job that a horse was given, and has not ended as far as is known.
  struct Given {
    std::string job_id{};
    std::uint32_t run = 0;  // see Assignment::run
  };
  struct Horse {
    Stable* stable = nullptr;  // in `stables_`
    HorseChannel channel{};
    std::deque<Given> given{};     // the job that runs there, and the rest of its row
    std::uint32_t last_run = 0;    // numbers are not given twice
    std::optional<Slate> slate{};  // from its first row on
    Slate::Row row = 0;            // of the last row
    Usage spent{};                 // by the jobs that ended there
    int lane = 0;                  // of its output
    std::string given_up{};        // why it was killed, if it was by us
  };

  void take_report(Stable& stable, Stable::Report report, std::vector<News>& news);
  void take_exit(const HorseExited& exited, std::vector<News>& news);
  void take_death(Stable& stable, const std::string& why, std::vector<News>& news);
  bool take_notes(int id, Horse& horse, std::vector<News>& news);
  void take_end(int id, Horse& horse, Outcome outcome, std::string written,
                std::optional<JobEnded::GoesOn> goes_on, std::vector<News>& news);
  void kill(int id, Horse& horse, const std::string& why);
  void take_frames(int id, Arrivals<FromHorse> arrivals, std::vector<News>& news);
  void take_frame(int id, Horse& horse, FromHorse frame, std::vector<News>& news);
  template <class Frame>
  void ask(int id, Frame frame, std::size_t bytes, std::vector<News>& news);
  void assign(int id, Assignment assignment);
  bool begin_row(Horse& horse);
  bool call_off_row(int id, Horse& horse);
  static std::uint32_t run_of(const Horse& horse);
  void forget(int id);
  void end_empty_stables();

  StableOptions options_;
  // The last one forks the horses, unless it is dead; before it stand those that were replaced.
  std::list<Stable> stables_{};
  bool fork_anew_ = false;  // the last one forks no more
  OutputLanes output_;
  std::map<int, Horse> horses_{};
  Backlog backlog_{};
  std::vector<News> untold_{};  // to be told with the next step
  base::Log log_;
};

}  // namespace rqpp::worker
