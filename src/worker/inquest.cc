#include "worker/inquest.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <exception>

#include "worker/child_process.h"
#include "worker/crash_report.h"
#include "worker/describe_exit.h"
#include "worker/traceback.h"

namespace rqpp::worker {
namespace {

constexpr unsigned kPatienceSeconds = 5;

[[noreturn]] void look_up_names(LastWords& words, pid_t parent) noexcept {
  reset_signal_actions();
  die_with(parent, SIGKILL);
  const rlimit no_core{};
  ::setrlimit(RLIMIT_CORE, &no_core);
  ::alarm(kPatienceSeconds);
  unblock_signals();
  close_all_but_streams();
  try {
    const auto crash = crash_of(words);
    const std::string text = crash ? named_backtrace(*crash) : std::string();
    const std::string report = presentable(text, words.report.size());
    std::copy(report.begin(), report.end(), words.report.begin());
    words.report_bytes.store(static_cast<std::uint32_t>(report.size()), std::memory_order_release);
  } catch (const std::exception&) {  // NOLINT(bugprone-empty-catch): then there are no names
  }
  ::_exit(0);
}

std::string backtrace_of(const LastWords& words, const Crash& crash) {
  const std::string named = report_of(words);
  return presentable(named.empty() ? plain_backtrace(crash) : named,
                     2 * LastWords::kMostReportBytes);
}

/// In words, if it was a limit that ended it.
std::string limit_reached(const HorseExited& exited, std::string_view note,
                          const JobLimits& limits) {
  const int signal = WTERMSIG(exited.wait_status);
  const auto cpu = exited.usage.user_cpu + exited.usage.system_cpu;
  const bool cpu_is_over =
      limits.cpu.count() > 0 && (signal == SIGXCPU || (signal == SIGKILL && cpu >= limits.cpu));
  if (cpu_is_over) return cpu_limit_text(limits);
  const bool no_memory =
      limits.memory_bytes > 0 && note.find("std::bad_alloc") != std::string_view::npos;
  return no_memory ? memory_limit_text(limits) : "";
}

}  // namespace

pid_t begin_inquest(const LastWordsMemory& words, pid_t parent) {
  words.show_to_forks();
  const pid_t pid = ::fork();
  if (pid == 0) look_up_names(*words.get(), parent);
  words.hide_from_forks();
  return pid;
}

std::string last_words_of(const HorseExited& exited, const LastWords& words,
                          const JobLimits& limits) {
  const std::string note = note_of(words);
  if (!WIFSIGNALED(exited.wait_status)) return note;
  const int signal = WTERMSIG(exited.wait_status);
  const std::optional<Crash> crash = crash_of(words);
  std::string reason = limit_reached(exited, note, limits);
  if (reason.empty() && !crash && note.empty()) return {};
  if (reason.empty()) {
    reason = note.empty() ? crash_headline(*crash) : signal_words(signal) + ": " + note;
  }
  return (crash ? backtrace_of(words, *crash) : "") + reason;
}

}  // namespace rqpp::worker
