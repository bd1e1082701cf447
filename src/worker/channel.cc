#include "worker/channel.h"

#include <fmt/format.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

// Most frames are small, and each page that a horse touches costs more than reading them. A read
// that was filled is followed by a large one.
constexpr std::size_t kSmallReadBytes = std::size_t{1} << 10;
constexpr std::size_t kLargeReadBytes = std::size_t{64} << 10;
constexpr std::size_t kReadBytes = std::size_t{256} << 10;
// More than a socket holds.
constexpr std::size_t kRestBytes = std::size_t{4} << 20;
// The stable sends one descriptor with each message; more than this in one means a stranger.
constexpr std::size_t kMaxDescriptors = 16;

bool is_for_now(int error) { return error == EAGAIN || error == EWOULDBLOCK; }

bool wait_for(int descriptor, short events, std::chrono::milliseconds most) {
  pollfd entry{.fd = descriptor, .events = events, .revents = 0};
  int ready = -1;
  do {
    ready = ::poll(&entry, 1, static_cast<int>(most.count()));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

}  // namespace

void FrameStream::push(std::string frame, base::Fd descriptor) {
  ++pushed_;
  if (!is_open() || unheard_) return;
  // Small frames travel together, and so wake the other side once. A descriptor goes with the first
  // byte of its message; the other side takes descriptors in the order of the frames.
  constexpr std::size_t kSmallBytes = std::size_t{32} << 10;
  const bool joins = !outbox_.empty() && !outbox_.back().descriptor && outbox_.back().sent == 0 &&
                     outbox_.back().bytes.size() + frame.size() <= kSmallBytes;
  if (joins) {
    outbox_.back().bytes += frame;
    outbox_.back().descriptor = std::move(descriptor);
    return;
  }
  outbox_.push_back({.bytes = std::move(frame), .descriptor = std::move(descriptor)});
}

// MSG_DONTWAIT instead of O_NONBLOCK: user code could reset a flag of the socket.
bool FrameStream::send_some(Parcel& parcel) {
  iovec part{.iov_base = parcel.bytes.data() + parcel.sent,
             .iov_len = parcel.bytes.size() - parcel.sent};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  if (parcel.descriptor) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    cmsghdr* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    const int descriptor = parcel.descriptor.get();
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  if (sent < 0) return false;
  parcel.sent += static_cast<std::size_t>(sent);
  parcel.descriptor.reset();
  return true;
}

bool FrameStream::flush() {
  while (is_open() && !outbox_.empty()) {
    Parcel& parcel = outbox_.front();
    if (!send_some(parcel)) {
      if (is_for_now(errno)) return true;
      // What the other side sent before it went can still be read: only sending is over.
      outbox_.clear();
      unheard_ = true;
    } else if (parcel.sent == parcel.bytes.size()) {
      outbox_.pop_front();
    }
  }
  return is_open() && !unheard_;
}

bool FrameStream::flush_all() {
  while (flush()) {
    if (outbox_.empty()) return true;
    wait_for(socket_.get(), POLLOUT, FrameStream::kForEver);
  }
  return false;
}

void FrameStream::close() {
  socket_.reset();
  outbox_.clear();
}

bool FrameStream::wait(std::chrono::milliseconds most) const {
  return !is_open() || wait_for(socket_.get(), POLLIN, most);
}

base::Fd FrameStream::take_descriptor() {
  if (arrived_.empty()) return {};
  base::Fd first = std::move(arrived_.front());
  arrived_.pop_front();
  return first;
}

/// How much to read now. A large frame gets all its memory at once, and nothing of what follows is
/// read with it: so it need not be copied.
std::size_t FrameStream::room_to_read() {
  const std::size_t usual = filled_ ? kLargeReadBytes : kSmallReadBytes;
  if (inbox_.size() < kFrameHeaderBytes) return usual;
  const std::size_t whole = kFrameHeaderBytes + read_header(inbox_, max_payload_).payload_bytes;
  if (whole <= kLargeReadBytes) return usual;
  inbox_.reserve(whole);
  return std::min(kLargeReadBytes, whole - inbox_.size());
}

FrameStream::Received FrameStream::receive_some() {
  const std::size_t before = inbox_.size();
  const std::size_t room = room_to_read();
  inbox_.resize(before + room);
  iovec part{.iov_base = inbox_.data() + before, .iov_len = room};
  msghdr message{};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  alignas(cmsghdr) std::array<char, CMSG_SPACE(kMaxDescriptors * sizeof(int))> control{};
  if (descriptors_ == Descriptors::taken) {
    message.msg_control = control.data();
    message.msg_controllen = control.size();
  }
  ssize_t count = 0;
  do {
    count = ::recvmsg(socket_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  } while (count < 0 && errno == EINTR);
  const bool nothing_yet = count < 0 && is_for_now(errno);
  const std::size_t got = count < 0 ? 0 : static_cast<std::size_t>(count);
  inbox_.resize(before + got);
  filled_ = got == room;
  if (got == 0) return nothing_yet ? Received::nothing : Received::end;
  keep_descriptors(message);
  return Received::some;
}

void FrameStream::keep_descriptors(msghdr& message) {
  if (descriptors_ == Descriptors::refused) return;
  const std::size_t before = arrived_.size();
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
    for (std::size_t i = 0; i < (header->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i) {
      int descriptor = -1;
      std::memcpy(&descriptor, CMSG_DATA(header) + i * sizeof(int), sizeof descriptor);
      arrived_.emplace_back(descriptor);
    }
  }
  // Lost because this process may open no more: its place in the row stays.
  if ((message.msg_flags & MSG_CTRUNC) != 0 && arrived_.size() == before) arrived_.emplace_back();
}

// Returns false if the bytes are no frames.
bool FrameStream::cut_frames(RawArrivals& arrivals) {
  try {
    while (inbox_.size() - taken_ >= kFrameHeaderBytes) {
      const std::string_view rest = std::string_view(inbox_).substr(taken_);
      const FrameHeader header = read_header(rest, max_payload_);
      const std::size_t whole = kFrameHeaderBytes + header.payload_bytes;
      if (rest.size() < whole) break;
      if (whole == inbox_.size()) {
        arrivals.frames.push_back({.type = header.type, .bytes = std::exchange(inbox_, {})});
        return true;
      }
      arrivals.frames.push_back({.type = header.type, .bytes = std::string(rest.substr(0, whole))});
      taken_ += whole;
    }
  } catch (const DecodeError& error) {
    arrivals.trouble = error.what();
    return false;
  }
  inbox_.erase(0, std::exchange(taken_, 0));
  return true;
}

FrameStream::RawArrivals FrameStream::read_raw(Amount amount) {
  const std::size_t limit = amount == Amount::rest ? kRestBytes : kReadBytes;
  RawArrivals arrivals;
  std::size_t got = 0;
  bool sound = true;
  Received last = is_open() ? Received::some : Received::end;
  while (sound && last == Received::some && got < limit) {
    const std::size_t before = inbox_.size();
    const std::size_t descriptors_before = arrived_.size();
    last = receive_some();
    got += inbox_.size() - before;
    sound = cut_frames(arrivals);
    // A read ends early where a descriptor is. Else that was all, or poll says if it was not.
    const bool was_all = !filled_ && arrived_.size() == descriptors_before;
    if (was_all && amount == Amount::some) break;
  }
  if (sound && last != Received::end) return arrivals;
  arrivals.ended = true;
  if (sound && !inbox_.empty()) {
    arrivals.trouble =
        fmt::format("the stream broke off within a frame, after {} bytes of it", inbox_.size());
  }
  inbox_.clear();
  close();
  return arrivals;
}

template <class In>
Arrivals<In> Channel<In>::decode_all(RawArrivals raw) {
  Arrivals<In> arrivals{.frames = {}, .ended = raw.ended, .trouble = raw.trouble};
  try {
    for (RawFrame& frame : raw.frames) {
      arrivals.frames.push_back(decode<In>(frame.type, frame.payload()));
      frame.bytes = {};
    }
  } catch (const DecodeError& error) {
    arrivals.trouble = error.what();
    arrivals.ended = true;
    close();
  }
  return arrivals;
}

std::pair<base::Fd, base::Fd> socket_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw Error(
        fmt::format("cannot make a pair of sockets: {}. Raise the limit of open files "
                    "(ulimit -n) if that is the reason.",
                    base::errno_text(errno)));
  }
  return {base::Fd(ends[0]), base::Fd(ends[1])};
}

template class Channel<ToHorse>;
template class Channel<FromHorse>;
template class Channel<ToStable>;
template class Channel<FromStable>;
template class Channel<ToMessenger>;
template class Channel<FromMessenger>;

}  // namespace rqpp::worker
