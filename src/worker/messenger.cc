#include "worker/messenger.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <utility>

#include "redis/secrets.h"
#include "worker/child_process.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

std::size_t size_of(const SendWebhooks& order) {
  std::size_t size = sizeof order + order.data.size() + order.exc_info.size();
  for (const Webhook& it : order.webhooks) {
    size += sizeof it + it.url.size();
    for (const auto& [name, value] : it.headers) size += name.size() + value.size();
  }
  return size;
}

std::string how_it_ended(int status) {
  if (WIFSIGNALED(status)) return fmt::format("it was killed by signal {}", WTERMSIG(status));
  return fmt::format("it ended with {}", WEXITSTATUS(status));
}

}  // namespace

Messenger::~Messenger() { end(0ms); }

void Messenger::send(SendWebhooks order) {
  const std::size_t size = size_of(order);
  // One alone may have any size.
  if (!sizes_.empty() && (sizes_.size() >= kMostJobs || bytes_ + size > kMostBytes)) {
    log_.warning(fmt::format("job {}: its webhooks are not sent, too many others are under way",
                             order.job_id));
    return;
  }
  if (const std::string why = why_not(); !why.empty()) {
    if (!std::exchange(said_why_not_, true)) {
      log_.error(fmt::format("job {}: its webhooks are not sent, nor will be those of others: {}",
                             order.job_id, why));
    }
    return;
  }
  order.number = ++last_;
  try {
    if (pid_ < 0) start();
    channel_.send(order);
  } catch (const Error& error) {
    log_.warning(fmt::format("job {}: its webhooks are not sent: {}", order.job_id, error.what()));
    return;
  }
  sizes_[order.number] = size;
  bytes_ += size;
  channel_.flush();
}

/// Why no webhook can be sent at all.
std::string Messenger::why_not() const {
  if (hosts_ && hosts_->empty()) return "this worker sends none.";
  if (pid_ >= 0 || ::access(program_.c_str(), X_OK) == 0) return {};
  return fmt::format("'{}' is missing. It is built where libcurl is installed.", program_);
}

void Messenger::start() {
  const std::string hosts =
      fmt::format("{}", fmt::join(hosts_.value_or(std::vector<std::string>{}), ","));
  auto [ours, theirs] = socket_pair();
  const base::Environment environment(redis::secret_variables(redis::process_environment()));
  const SignalsBlocked blocked;
  const pid_t pid = ::fork();
  if (pid < 0) throw Error(fmt::format("cannot fork: {}", base::errno_text(errno)));
  if (pid == 0) {
    ours.reset();
    // Ctrl-C in the terminal is for the worker, which waits for what is under way.
    ::setpgid(0, 0);
    become(program_.c_str(), "rqpp-messenger", hosts_ ? hosts.c_str() : nullptr, environment,
           std::move(theirs));
    ::_exit(EXIT_FAILURE);
  }
  pid_ = pid;
  channel_ = Channel<FromMessenger>(std::move(ours));
}

void Messenger::watch(std::vector<pollfd>& fds) const {
  if (!channel_.is_open()) return;
  fds.push_back({.fd = channel_.fd(), .events = channel_.events(), .revents = 0});
}

void Messenger::step(std::span<const pollfd> fds) {
  if (!channel_.is_open()) return;
  for (const pollfd& it : fds) {
    if (it.fd != channel_.fd()) continue;
    if ((it.revents & POLLOUT) != 0) channel_.flush();
    if ((it.revents & ~POLLOUT) != 0) read();
    return;
  }
}

void Messenger::read() {
  const Arrivals<FromMessenger> arrivals = channel_.read();
  for (const FromMessenger& frame : arrivals.frames) {
    const auto& sent = std::get<WebhooksSent>(frame);
    const auto found = sizes_.find(sent.number);
    if (found == sizes_.end()) continue;
    bytes_ -= found->second;
    sizes_.erase(found);
    for (const std::string& trouble : sent.troubles) log_.warning(trouble);
  }
  if (arrivals.ended) bury(arrivals.trouble);
}

/// Nothing more is heard of it.
void Messenger::bury(const std::string& trouble) {
  channel_.close();
  if (!trouble.empty()) ::kill(pid_, SIGKILL);
  int status = 0;
  while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  log_.warning(fmt::format("the process that sends webhooks is gone, {}; those of {} jobs are lost",
                           trouble.empty() ? how_it_ended(status) : trouble, sizes_.size()));
  sizes_.clear();
  bytes_ = 0;
}

void Messenger::wait_for_answers(std::chrono::milliseconds patience) {
  using Clock = std::chrono::steady_clock;
  const auto until = Clock::now() + patience;
  while (pid_ >= 0 && !sizes_.empty()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now());
    if (left <= 0ms) return;
    pollfd entry{.fd = channel_.fd(), .events = channel_.events(), .revents = 0};
    if (::poll(&entry, 1, static_cast<int>(left.count())) < 0 && errno != EINTR) return;
    step({&entry, 1});
  }
}

void Messenger::end(std::chrono::milliseconds patience) noexcept {
  if (pid_ < 0) return;
  try {
    wait_for_answers(patience);
    if (!sizes_.empty()) {
      log_.warning(fmt::format("webhooks of {} jobs are lost: they could not be sent in time",
                               sizes_.size()));
    }
  } catch (const std::exception& error) {
    log_.warning(error.what());
  }
  if (pid_ < 0) return;
  channel_.close();
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
  sizes_.clear();
  bytes_ = 0;
}

}  // namespace rqpp::worker
