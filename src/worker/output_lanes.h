#pragma once

#include <poll.h>

#include <array>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/log.h"
#include "worker/outlet.h"
#include "worker/output_tail.h"

namespace rqpp::worker {

/// What jobs write, on its way from the horses to the worker's own output.
///
/// A lane is a pair of pipes, one for standard output and one for standard error. It is made once
/// and lent to one horse after the other: pipes for each horse would cost several system calls
/// per job, and an end that somebody keeps open would have to be waited for. A process that
/// outlives its job and left its process group writes into the lane of later jobs.
///
/// All that a job wrote before it ended lies in its lane by then, so nothing is waited for either.
class OutputLanes {
 public:
  struct Options {
    /// What one job may print, in bytes; the rest is dropped, and the log says so.
    std::int64_t max_output_bytes = std::int64_t{16} << 20;
    /// Or jobs write straight to the worker's output, and nothing here happens.
    bool captured = true;
  };

  OutputLanes(Options options, base::Log log);
  ~OutputLanes();
  OutputLanes(const OutputLanes&) = delete;
  OutputLanes& operator=(const OutputLanes&) = delete;

  /// The number of a lane that nobody uses. 0 if there is none, since descriptors have run out or
  /// nothing is captured: its horse then writes straight to the worker's output.
  int take();
  /// The ends for the horse: standard output and standard error.
  std::array<int, 2> ends_of(int lane) const;
  /// Its horse has ended, and so has its job. Returns the lanes that were closed because too many
  /// are free.
  std::vector<int> give_back(int lane);

  /// From now on, what comes in on the lane is this job's.
  void begin(int lane, const std::string& job_id);
  /// The job has ended. Returns the last lines that it wrote.
  std::string end(int lane);

  void watch(std::vector<pollfd>& fds) const;
  /// Forwards what poll(2) reported.
  void step(std::span<const pollfd> fds);

 private:
  struct Lane {
    std::array<base::Fd, 2> readers{};
    std::array<base::Fd, 2> writers{};
    OutputTail tail{};
    std::array<std::string, 2> unfinished{};  // the line that each stream has begun
    std::int64_t written = 0;
    std::string job_id{};
  };
  struct Stream {
    Outlet outlet;
    base::Fd lanes{};  // an epoll set of the readers, which nobody inherits
  };

  int open_lane();
  void close(int lane);
  void read(int lane, std::size_t stream, std::size_t limit);
  void forward(Lane& lane, Outlet& outlet, std::string_view bytes);
  static void keep(Lane& lane, std::size_t stream, std::string_view bytes);
  void read_ready(std::size_t stream);
  void drain(int lane);

  Options options_;
  base::Log log_;
  std::array<Stream, 2> streams_;
  std::map<int, Lane> lanes_{};
  int last_lane_ = 0;       // numbers are not given twice: a stable may still know one
  std::deque<int> free_{};  // the one used last at the end
  bool told_of_no_lanes_ = false;
  struct sigaction pipe_action_ {};  // what SIGPIPE did before
};

}  // namespace rqpp::worker
