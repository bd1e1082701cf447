// Tasks that fork, and return more often than they were called; threads that outlive their task.
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <string>
#include <thread>

#include <rqpp/current_job.h>
#include <rqpp/error.h>
#include <rqpp/module.h>

namespace {

using namespace std::chrono_literals;

/// The child has come back from the task before its parent does.
int status_of(pid_t child) {
  int status = 0;
  ::waitpid(child, &status, 0);
  return status;
}

// Both return. In the parent it is the child's wait status.
int fork_and_return() {
  const pid_t child = ::fork();
  return child == 0 ? 1'000'000 : status_of(child);
}

// As fork(), but none of what was registered for a fork runs.
int clone_and_return() {
  const auto child = static_cast<pid_t>(::syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
  return child == 0 ? 1'000'000 : status_of(child);
}

int fork_and_throw() {
  const pid_t child = ::fork();
  if (child == 0) throw std::runtime_error("thrown in the child");
  return status_of(child);
}

int fork_and_end_thread() {
  const pid_t child = ::fork();
  if (child == 0) ::pthread_exit(nullptr);
  return status_of(child);
}

int fork_and_exit(int code) {
  const pid_t child = ::fork();
  if (child == 0) std::exit(code);
  return status_of(child);
}

// What is buffered belongs to the parent.
int print_and_fork(const std::string& text) {
  std::setvbuf(stdout, nullptr, _IOFBF, BUFSIZ);
  std::fputs(text.c_str(), stdout);
  return fork_and_return();
}

// What the child was told when it spoke for the job.
std::string speak_in_child(const std::string& file) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::ofstream out(file);
    rqpp::CurrentJob job = rqpp::current_job();
    job.set_meta("who", "the child");
    for (const auto& say : {std::string("meta"), std::string("call")}) {
      try {
        if (say == "meta") job.save_meta();
        if (say == "call") job.enqueue(rqpp::call("horses.pid"));
        out << say << ": heard\n";
      } catch (const rqpp::TaskError& error) {
        out << say << ": " << error.what() << "\n";
      }
    }
  }
  if (child != 0) (void)status_of(child);
  return "spoken";
}

// Returns at once; the thread says something until it is refused, and writes why.
void leave_a_thread(const std::string& file) {
  std::thread([job = rqpp::current_job(), file]() mutable {
    try {
      for (int i = 0;; ++i) {
        job.set_meta("late", i);
        job.save_meta();
        std::this_thread::sleep_for(1ms);
      }
    } catch (const std::exception& error) {
      std::ofstream(file + ".unfinished")
          << error.what() << "\nstop: " << std::boolalpha << job.stop_requested() << "\n";
      std::rename((file + ".unfinished").c_str(), file.c_str());
    }
  }).detach();
}

}  // namespace

RQPP_MODULE(forkers) {
  tasks.add("fork_and_return", fork_and_return);
  tasks.add("clone_and_return", clone_and_return);
  tasks.add("fork_and_throw", fork_and_throw);
  tasks.add("fork_and_end_thread", fork_and_end_thread);
  tasks.add("fork_and_exit", fork_and_exit);
  tasks.add("print_and_fork", print_and_fork);
  tasks.add("speak_in_child", speak_in_child);
  tasks.add("leave_a_thread", leave_a_thread);
}
