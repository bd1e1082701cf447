#include "worker/horse_main.h"

#include <cxxabi.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "worker/child_process.h"
#include "worker/crash_watch.h"
#include "worker/slate.h"

namespace rqpp::worker {
namespace {

/// Where there is much to do, the job comes sooner than this after the fork.
constexpr std::chrono::milliseconds kBusy{2};

// A signal handler has nothing else to write to.
std::atomic<bool> stop_requested{false};

void request_stop(int) { stop_requested.store(true, std::memory_order_relaxed); }

/// A variable of the environment that the stable makes room for and each horse fills in. setenv()
/// would cost a fresh process five page faults.
class RoomyVariable {
 public:
  explicit constexpr RoomyVariable(std::string_view name) : name_size_(name.size()) {
    name.copy(text_.data(), name.size());
  }

  void make_room() {
    text_.at(name_size_) = '=';
    value()[0] = '\0';
    ::putenv(text_.data());
  }

  void set(const std::string& text) {
    const std::string name(text_.data(), name_size_);
    if (text.size() < room() && ::getenv(name.c_str()) == value()) {
      std::memcpy(value(), text.c_str(), text.size() + 1);
    } else {
      ::setenv(name.c_str(), text.c_str(), 1);
    }
  }

 private:
  char* value() { return text_.data() + name_size_ + 1; }
  std::size_t room() const { return text_.size() - name_size_ - 1; }

  std::size_t name_size_;
  std::array<char, 128> text_{};
};

// As RQ, for programs that the task starts.
RoomyVariable worker_variable{"RQ_WORKER_ID"};
RoomyVariable job_variable{"RQ_JOB_ID"};

void hear_stop_requests() {
  struct sigaction action {};
  action.sa_handler = request_stop;
  action.sa_flags = SA_RESTART;
  ::sigaction(SIGTERM, &action, nullptr);
}

// exit() in a task ends the horse at once, with its status: what the parent or the stable have
// registered to be done at their end is not a horse's to do.
void leave_exit_handlers_alone() {
  const auto leave = [](int status, void*) {
    say_last("the task called exit()");
    end_process(status);
  };
  ::on_exit(leave, nullptr);
}

base::Fd become_horse(base::Fd channel, Pipes pipes, pid_t stable) {
  if (pipes.output >= 0) {
    ::dup2(pipes.output, STDOUT_FILENO);
    ::dup2(pipes.error, STDERR_FILENO);
  }
  base::Fd kept = keep_only(std::move(channel));
  ::setpgid(0, 0);
  // The stable has reset what the parent did to signals. A stop request may be on its way already,
  // so none is let through before its handler is there.
  hear_stop_requests();
  unblock_signals();
  die_with(stable, SIGKILL);
  set_process_name("rqpp-horse");
  return kept;
}

bool is_open(int descriptor) { return ::fcntl(descriptor, F_GETFD) >= 0; }

bool send(ParentChannel& parent, const Outcome& outcome) {
  parent.send(outcome);
  if (parent.flush_all()) return true;
  if (!is_open(kChannelFd)) {
    say_last("the task closed a descriptor that is not its own, 3, through which its outcome goes");
  }
  return false;
}

/// What the job wrote is still in its pipes, so the parent has to see it before another job begins.
bool has_unread_output() {
  const auto holds_some = [](int descriptor) {
    int bytes = 0;
    return ::ioctl(descriptor, FIONREAD, &bytes) == 0 && bytes > 0;
  };
  return holds_some(STDOUT_FILENO) || holds_some(STDERR_FILENO);
}

// As for run_job, a forced unwind is bound to null.
__attribute__((noinline, no_sanitize("null"))) Outcome run(const Assignment& assignment,
                                                           Repertoire& repertoire,
                                                           ParentChannel& parent) {
  worker_variable.set(assignment.worker);
  job_variable.set(assignment.job_id);
  hear_stop_requests();  // again: the job before may have had a handler of its own
  Outcome outcome;
  try {
    outcome = run_job(assignment, repertoire, parent, stop_requested);
  } catch (abi::__forced_unwind&) {
    // To go on would unwind into the stable's frames, which are still on this stack.
    flush_streams();
    send(parent, failure("the task ended its thread (pthread_exit) instead of returning"));
    end_process(EXIT_FAILURE);
  }
  flush_streams();
  return outcome;
}

/// The jobs that a horse has been given at once, as far as it runs them.
class RowOfJobs {
 public:
  void use(const base::Fd& memory) {
    slate_.emplace(memory);
    if (!slate_->valid()) slate_.reset();
  }

  /// Whether this one begins: the first does, and another one if the one before has gone on.
  bool begins(const Assignment& assignment) const {
    return assignment.row == 0 || assignment.place == 0 ||
           (assignment.row == row_ && assignment.place == next_);
  }
  void began() {
    if (slate_) began_ = Slate::Clock::now();
  }
  /// Notes the end of a job about which the parent has to do nothing else, and begins the next one.
  bool go_on(const Assignment& assignment, const Outcome& outcome, bool is_silent) {
    if (assignment.row == 0 || !assignment.more || !slate_) return false;
    row_ = assignment.row;
    next_ = -1;
    if (!is_silent || outcome.kind != Outcome::Kind::value ||
        stop_requested.load(std::memory_order_relaxed)) {
      slate_->leave(row_);
      return false;
    }
    if (!slate_->go_on(row_, assignment.place, {outcome, began_, Slate::Clock::now()}))
      return false;
    next_ = assignment.place + 1;
    return true;
  }

 private:
  std::optional<Slate> slate_{};
  Slate::Row row_ = 0;
  int next_ = -1;
  Slate::Clock::time_point began_{};
};

// Returns false when there is nobody to work for.
bool run_and_report(const Assignment& assignment, Repertoire& repertoire, ParentChannel& parent,
                    RowOfJobs& row) {
  const std::uint64_t frames = parent.pushed();
  row.began();
  const Outcome outcome = run(assignment, repertoire, parent);
  const bool is_silent = parent.pushed() == frames && !has_unread_output();
  if (row.go_on(assignment, outcome, is_silent)) return true;
  stop_requested.store(false, std::memory_order_relaxed);
  return send(parent, outcome);
}

}  // namespace

void prepare_for_horses(const Repertoire& repertoire) {
  leave_exit_handlers_alone();
  worker_variable.make_room();
  job_variable.make_room();
  // What the linker binds at the first call, zlib's functions say, is bound here.
  rehearse(repertoire);
}

void horse_main(base::Fd channel, Pipes pipes, pid_t stable, Repertoire& repertoire) noexcept {
  ParentChannel parent(become_horse(std::move(channel), pipes, stable),
                       ParentChannel::Descriptors::taken);
  // A horse that has to wait makes itself ready meanwhile; one that need not has no time for it.
  if (!parent.wait(kBusy)) {
    flush_streams();
    rehearse(repertoire);
  }
  RowOfJobs row;
  for (;;) {
    Arrivals<ToHorse> arrivals = parent.wait_and_read();
    for (const ToHorse& frame : arrivals.frames) {
      const auto* assignment = std::get_if<Assignment>(&frame);
      if (assignment == nullptr) {
        row.use(parent.take_descriptor());
        continue;
      }
      if (!row.begins(*assignment)) continue;  // it was taken back
      const bool heard = run_and_report(*assignment, repertoire, parent, row);
      if (!heard || assignment->last) end_process(EXIT_SUCCESS);
    }
    if (arrivals.ended) end_process(arrivals.trouble.empty() ? EXIT_SUCCESS : EXIT_FAILURE);
  }
}

}  // namespace rqpp::worker
