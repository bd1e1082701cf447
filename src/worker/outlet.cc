#include "worker/outlet.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace rqpp::worker {
namespace {

// A pipe that poll(2) calls writable takes as many bytes at once.
constexpr std::size_t kPolledBytes = 4096;

bool takes_now(int stream) {
  pollfd entry{.fd = stream, .events = POLLOUT, .revents = 0};
  return ::poll(&entry, 1, 0) > 0;
}

}  // namespace

// O_NONBLOCK belongs to the open file, which is shared with the shell and others; so pipes and
// terminals are opened once more. A regular file must not be, or each would write at a place of its
// own; it does not block.
Outlet::Outlet(int stream) : stream_(stream) {
  struct stat facts {};
  if (::fstat(stream, &facts) != 0) return;
  if (S_ISSOCK(facts.st_mode)) {
    way_ = Way::socket;
  } else if (S_ISFIFO(facts.st_mode) || S_ISCHR(facts.st_mode)) {
    const std::string path = fmt::format("/proc/self/fd/{}", stream);
    own_.reset(::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY));
    if (!own_) way_ = Way::polled;
  }
}

std::size_t Outlet::write_some(std::string_view bytes) {
  const int target = own_ ? own_.get() : stream_;
  ssize_t count = 0;
  do {
    if (way_ == Way::socket) {
      count = ::send(target, bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    } else if (way_ == Way::polled && !takes_now(target)) {
      return 0;
    } else {
      const std::size_t most = way_ == Way::polled ? kPolledBytes : bytes.size();
      count = ::write(target, bytes.data(), std::min(most, bytes.size()));
    }
  } while (count < 0 && errno == EINTR);
  if (count >= 0) return static_cast<std::size_t>(count);
  if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
  fail(errno);
  return bytes.size();
}

void Outlet::write(std::string_view bytes) {
  flush();
  while (kept_.empty() && !bytes.empty()) {
    const std::size_t taken = write_some(bytes);
    bytes.remove_prefix(taken);
    if (taken == 0) break;
  }
  const std::size_t room = kMostKept - kept_.size();
  if (bytes.size() > room) fail(EAGAIN);
  kept_.append(bytes.substr(0, room));
}

void Outlet::flush() {
  std::size_t done = 0;
  while (done < kept_.size()) {
    const std::size_t taken = write_some(std::string_view(kept_).substr(done));
    if (taken == 0) break;
    done += taken;
  }
  kept_.erase(0, done);
}

void Outlet::fail(int error) {
  if (error == last_error_) return;
  last_error_ = error;
  trouble_ = fmt::format("cannot write what jobs print to standard {}: {}; it is dropped",
                         stream_ == STDERR_FILENO ? "error" : "output",
                         error == EAGAIN ? "nobody reads it" : base::errno_text(error));
}

std::string Outlet::take_trouble() { return std::exchange(trouble_, {}); }

}  // namespace rqpp::worker
