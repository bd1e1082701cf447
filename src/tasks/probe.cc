#include "tasks/probe.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <exception>
#include <filesystem>
#include <iterator>
#include <string_view>
#include <system_error>

#include <fmt/format.h>

#include <rqpp/error.h>

#include "base/fd.h"

namespace rqpp::tasks {
namespace {

// What the child writes, in one write that fits into the pipe: `+` if the library was loaded or
// dlopen has an error to report, `1` if it was loaded and wants a process to itself, `-` and the
// text of an exception. Nothing if it did not come to it.
constexpr char kDone = '+';
constexpr char kAlone = '1';
constexpr char kThrew = '-';
constexpr std::size_t kMostBytes = 2048;

// A terminate handler takes no argument. Set in the child only.
int child_pipe = -1;

[[noreturn]] void report(char outcome, std::string_view text) {
  std::array<char, kMostBytes> message{outcome};
  const std::size_t length = std::min(text.size(), message.size() - 1);
  if (length > 0) std::memcpy(message.data() + 1, text.data(), length);
  // The parent takes silence for a crash, so there is nothing to do about an error.
  [[maybe_unused]] const ssize_t written = write(child_pipe, message.data(), length + 1);
  _exit(0);
}

[[noreturn]] void report_exception() {
  try {
    if (const std::exception_ptr thrown = std::current_exception()) std::rethrow_exception(thrown);
    report(kThrew, "it calls std::terminate");
  } catch (const std::exception& error) {
    report(kThrew, error.what());
  } catch (...) {
    report(kThrew, "an unknown exception");
  }
}

std::size_t count_threads() {
  std::error_code ignored;
  const std::filesystem::directory_iterator threads("/proc/self/task", ignored);
  return static_cast<std::size_t>(std::distance(begin(threads), end(threads)));
}

bool asks(const std::function<bool(void*)>& question, void* library) {
  try {
    return question(library);
  } catch (const Error&) {
    return false;  // whoever loads it in earnest says what is wrong
  }
}

[[noreturn]] void load_in_child(const std::string& file, int report_to,
                                const std::function<bool(void*)>& asks_to_be_alone) {
  child_pipe = report_to;
  std::set_terminate(report_exception);
  // What a constructor throws may come through dlopen or end in the handler above, as the C library
  // was built. dlopen is declared to throw nothing: called by its name, the catch would vanish.
  void* (*volatile open)(const char*, int) = dlopen;
  bool alone = false;
  try {
    const std::size_t threads = count_threads();
    if (void* library = open(file.c_str(), RTLD_NOW | RTLD_LOCAL)) {
      alone = count_threads() > threads || asks(asks_to_be_alone, library);
    }
  } catch (...) {
    report_exception();
  }
  report(alone ? kAlone : kDone, {});
}

/// How the child ended; nothing if somebody else has waited for it.
std::string wait_for(pid_t child) {
  int status = 0;
  pid_t ended = 0;
  do {
    ended = waitpid(child, &status, 0);
  } while (ended < 0 && errno == EINTR);
  if (ended != child) return "ends the process";
  if (!WIFSIGNALED(status)) {
    return fmt::format("ends the process with status {}", WEXITSTATUS(status));
  }
  const int number = WTERMSIG(status);
  return fmt::format("crashes: {} (signal {})", strsignal(number), number);
}

std::string read_report(int descriptor) {
  // The child is gone; a process that it has left behind must not keep us waiting.
  base::set_nonblocking(descriptor);
  std::string message(kMostBytes, '\0');
  const ssize_t length = read(descriptor, message.data(), message.size());
  message.resize(length > 0 ? static_cast<std::size_t>(length) : 0);
  return message;
}

}  // namespace

bool probe_library(const std::string& file, const std::function<bool(void*)>& asks_to_be_alone) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) {
    throw Error(fmt::format("cannot make a pipe: {}", base::errno_text(errno)));
  }
  const base::Fd reader(ends[0]);
  base::Fd writer(ends[1]);
  const pid_t child = fork();
  if (child < 0) throw Error(fmt::format("cannot fork: {}", base::errno_text(errno)));
  if (child == 0) load_in_child(file, writer.get(), asks_to_be_alone);
  writer.reset();

  const std::string end = wait_for(child);
  const std::string message = read_report(reader.get());
  if (message.empty()) {
    throw TaskError(fmt::format("cannot load {}: it {} while it is loaded", file, end));
  }
  if (message.front() == kThrew) {
    throw TaskError(fmt::format("cannot load {}: a global object in it throws when it is made: {}",
                                file, message.substr(1)));
  }
  return message.front() == kAlone;
}

}  // namespace rqpp::tasks
