#include "worker/horse_main.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "worker/child_process.h"
#include "worker/crash_watch.h"
#include "worker/job_loop.h"

namespace rqpp::worker {
namespace {

/// Where there is much to do, the job comes sooner than this after the fork.
constexpr std::chrono::milliseconds kBusy{2};

// A signal handler has nothing else to write to.
detail::StopFlag stop_flag;

void request_stop(int) { stop_flag.request(); }

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

bool holds_some(int pipe) {
  int bytes = 0;
  return ::ioctl(pipe, FIONREAD, &bytes) == 0 && bytes > 0;
}

/// A process with nothing but the job.
class Horse final : public JobLoop {
 public:
  using JobLoop::JobLoop;

 protected:
  void before(const Assignment& assignment) override {
    worker_variable.set(assignment.worker);
    job_variable.set(assignment.job_id);
    hear_stop_requests();  // again: the job before may have had a handler of its own
  }
  void after() override { flush_streams(); }
  bool has_unread_output() const override {
    return holds_some(STDOUT_FILENO) || holds_some(STDERR_FILENO);
  }
  bool hears_stops() const override {
    struct sigaction action {};
    return ::sigaction(SIGTERM, nullptr, &action) == 0 && action.sa_handler == request_stop;
  }
  void say_unheard() override {
    if (is_open(kChannelFd)) return;
    say_last("the task closed a descriptor that is not its own, 3, through which its outcome goes");
  }
  // To go on would unwind into the stable's frames, which are still on this stack.
  void leave_by_unwinding() override { end_process(EXIT_FAILURE); }
};

}  // namespace

void prepare_for_horses(const Repertoire& repertoire) {
  leave_exit_handlers_alone();
  worker_variable.make_room();
  job_variable.make_room();
  // What the linker binds at the first call, zlib's functions say, is bound here.
  rehearse(repertoire);
}

void horse_main(base::Fd channel, Pipes pipes, pid_t stable, LastWords* last_words,
                Repertoire& repertoire) noexcept {
  keep_last_words_in(last_words);
  ParentChannel parent(become_horse(std::move(channel), pipes, stable),
                       ParentChannel::Descriptors::taken);
  // A horse that has to wait makes itself ready meanwhile; one that need not has no time for it.
  if (!parent.wait(kBusy)) {
    flush_streams();
    rehearse(repertoire);
  }
  end_process(Horse(parent, repertoire, stop_flag).run() ? EXIT_SUCCESS : EXIT_FAILURE);
}

}  // namespace rqpp::worker
