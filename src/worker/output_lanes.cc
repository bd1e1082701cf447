#include "worker/output_lanes.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace rqpp::worker {
namespace {

using namespace std::chrono_literals;

constexpr std::array kStreams{STDOUT_FILENO, STDERR_FILENO};
constexpr std::size_t kChunkBytes = std::size_t{64} << 10;
// Somebody may write faster than this reads. A pipe holds 64 KiB.
constexpr std::size_t kMostDrained = std::size_t{256} << 10;
/// Fewer free lanes than this are kept in any case.
constexpr std::size_t kFewLanes = 4;
/// How long the end of a worker may wait for those who read its output.
constexpr auto kLastOutput = 500ms;

base::Fd epoll_set() { return base::Fd(::epoll_create1(EPOLL_CLOEXEC)); }

}  // namespace

// Who reads the worker's output may go away; that must not end it.
OutputLanes::OutputLanes(Options options, base::Log log)
    : options_(options),
      log_(std::move(log)),
      streams_{Stream{.outlet = Outlet(kStreams[0]), .lanes = epoll_set()},
               Stream{.outlet = Outlet(kStreams[1]), .lanes = epoll_set()}} {
  if (!options_.captured) return;
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  ::sigaction(SIGPIPE, &ignore, &pipe_action_);
}

OutputLanes::~OutputLanes() {
  for (const auto& [lane, ends] : lanes_) drain(lane);
  const auto deadline = std::chrono::steady_clock::now() + kLastOutput;
  for (Stream& stream : streams_) {
    while (stream.outlet.is_clogged() && std::chrono::steady_clock::now() < deadline) {
      pollfd entry{.fd = stream.outlet.fd(), .events = POLLOUT, .revents = 0};
      ::poll(&entry, 1, 50);
      stream.outlet.flush();
    }
  }
  if (options_.captured) ::sigaction(SIGPIPE, &pipe_action_, nullptr);
}

// ---- lanes

int OutputLanes::take() {
  if (!options_.captured) return 0;
  if (free_.empty()) return open_lane();
  const int lane = free_.back();
  free_.pop_back();
  return lane;
}

int OutputLanes::open_lane() {
  Lane lane;
  const int number = ++last_lane_;
  bool sound = true;
  for (std::size_t i = 0; i < kStreams.size() && sound; ++i) {
    std::array<int, 2> ends{-1, -1};
    sound = ::pipe2(ends.data(), O_CLOEXEC) == 0;
    lane.readers[i].reset(ends[0]);
    lane.writers[i].reset(ends[1]);
    // A pipe's reading end has flags of its own: the job does not see this one.
    if (sound) sound = ::fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0;
    epoll_event event{.events = EPOLLIN, .data = {.fd = number}};
    if (sound) {
      sound = ::epoll_ctl(streams_[i].lanes.get(), EPOLL_CTL_ADD, ends[0], &event) == 0;
    }
  }
  if (!sound) {
    if (!std::exchange(told_of_no_lanes_, true)) {
      log_.warning(
          fmt::format("cannot make a pipe for what jobs print: {}. It is not limited, and failed "
                      "jobs do not show it; raise the limit of open files (ulimit -n).",
                      base::errno_text(errno)));
    }
    return 0;
  }
  lanes_.emplace(number, std::move(lane));
  return number;
}

std::array<int, 2> OutputLanes::ends_of(int lane) const {
  const Lane& it = lanes_.at(lane);
  return {it.writers[0].get(), it.writers[1].get()};
}

// As many stay as there are in use, so that a busy worker does not open and close them all the
// time.
std::vector<int> OutputLanes::give_back(int lane) {
  if (lane != 0) free_.push_back(lane);
  const std::size_t in_use = lanes_.size() - free_.size();
  std::vector<int> closed;
  while (free_.size() > std::max(kFewLanes, in_use)) {
    closed.push_back(free_.front());
    free_.pop_front();
    close(closed.back());
  }
  return closed;
}

void OutputLanes::close(int lane) {
  drain(lane);
  for (std::size_t i = 0; i < kStreams.size(); ++i) {
    // A process that was just forked may hold the pipe for a moment, and the set holds it as well.
    ::epoll_ctl(streams_[i].lanes.get(), EPOLL_CTL_DEL, lanes_.at(lane).readers[i].get(), nullptr);
  }
  lanes_.erase(lane);
}

void OutputLanes::begin(int lane, const std::string& job_id) {
  if (lane == 0) return;
  Lane& it = lanes_.at(lane);
  it.tail.clear();  // what a thread of the job before it wrote too late
  it.unfinished = {};
  it.written = 0;
  it.job_id = job_id;
}

std::string OutputLanes::end(int lane) {
  if (lane == 0) return {};
  drain(lane);
  Lane& it = lanes_.at(lane);
  for (std::string& line : it.unfinished) {
    if (!line.empty()) it.tail.add(line += '\n');
    line.clear();
  }
  std::string lines = it.tail.lines();
  it.tail.clear();
  it.written = 0;
  it.job_id.clear();
  return lines;
}

// ---- bytes

// Most jobs print nothing: one look at both pipes is all that they cost.
void OutputLanes::drain(int lane) {
  const Lane& it = lanes_.at(lane);
  std::array<pollfd, 2> pipes{};
  for (std::size_t i = 0; i < pipes.size(); ++i) {
    pipes[i] = {.fd = it.readers[i].get(), .events = POLLIN, .revents = 0};
  }
  if (::poll(pipes.data(), pipes.size(), 0) <= 0) return;
  for (std::size_t i = 0; i < pipes.size(); ++i) {
    if (pipes[i].revents != 0) read(lane, i, kMostDrained);
  }
}

void OutputLanes::read(int lane, std::size_t stream, std::size_t limit) {
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-member-init): what is not read is not looked at
  std::array<char, kChunkBytes> chunk;
  Lane& it = lanes_.at(lane);
  for (std::size_t done = 0; done < limit;) {
    const ssize_t count = ::read(it.readers[stream].get(), chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return;
    done += static_cast<std::size_t>(count);
    keep(it, stream, {chunk.data(), static_cast<std::size_t>(count)});
    forward(it, streams_[stream].outlet, {chunk.data(), static_cast<std::size_t>(count)});
    if (static_cast<std::size_t>(count) < chunk.size()) return;
  }
}

// A line that is written in pieces is not torn by what the other stream writes meanwhile.
void OutputLanes::keep(Lane& lane, std::size_t stream, std::string_view bytes) {
  std::string& line = lane.unfinished[stream];
  const std::size_t end = bytes.rfind('\n') + 1;  // 0 if there is none
  if (end != 0 || line.size() + bytes.size() > OutputTail::kMostBytes) {
    const std::size_t whole = end != 0 ? end : bytes.size();
    lane.tail.add(std::exchange(line, {}));
    lane.tail.add(bytes.substr(0, whole));
    bytes.remove_prefix(whole);
  }
  line += bytes;
}

void OutputLanes::forward(Lane& lane, Outlet& outlet, std::string_view bytes) {
  const std::int64_t room = std::max<std::int64_t>(options_.max_output_bytes - lane.written, 0);
  const auto size = static_cast<std::int64_t>(bytes.size());
  lane.written += size;
  outlet.write(bytes.substr(0, static_cast<std::size_t>(std::min(room, size))));
  const bool first_too_much = size > room && lane.written - size <= options_.max_output_bytes;
  if (first_too_much) {
    log_.warning(
        fmt::format("job {} has printed {} bytes, the most that one may: the rest is "
                    "dropped (--max-output)",
                    lane.job_id, options_.max_output_bytes));
  }
  if (const std::string trouble = outlet.take_trouble(); !trouble.empty()) log_.warning(trouble);
}

// ---- poll(2)

void OutputLanes::watch(std::vector<pollfd>& fds) const {
  for (const Stream& stream : streams_) {
    // While nobody takes it, jobs wait with what they write, as they would without us.
    fds.push_back(stream.outlet.is_clogged()
                      ? pollfd{.fd = stream.outlet.fd(), .events = POLLOUT, .revents = 0}
                      : pollfd{.fd = stream.lanes.get(), .events = POLLIN, .revents = 0});
  }
}

void OutputLanes::step(std::span<const pollfd> fds) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    for (const pollfd& it : fds) {
      if (it.revents == 0) continue;
      if (it.fd == streams_[i].lanes.get()) read_ready(i);
      if (it.fd == streams_[i].outlet.fd()) streams_[i].outlet.flush();
    }
  }
}

void OutputLanes::read_ready(std::size_t stream) {
  std::array<epoll_event, 16> ready{};
  const int count =
      ::epoll_wait(streams_[stream].lanes.get(), ready.data(), static_cast<int>(ready.size()), 0);
  for (int i = 0; i < count; ++i) {
    read(ready[static_cast<std::size_t>(i)].data.fd, stream, kChunkBytes);
  }
}

}  // namespace rqpp::worker
