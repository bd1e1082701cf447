#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/fd.h"
#include "worker/frames.h"

namespace rqpp::worker {

/// Frames over one Unix socket. Nothing blocks and nothing throws for what the other side does; an
/// end or a broken stream is a value, and after it the stream stays ended.
class FrameStream {
 public:
  /// Whether descriptors are taken from the other side or thrown away by the kernel.
  enum class Descriptors : std::uint8_t { refused, taken };

  static constexpr std::chrono::milliseconds kForEver{-1};

  FrameStream() = default;
  FrameStream(base::Fd socket, Descriptors descriptors, std::size_t max_payload = kMaxFrameBytes)
      : socket_(std::move(socket)), descriptors_(descriptors), max_payload_(max_payload) {}

  int fd() const noexcept { return socket_.get(); }  ///< -1 once it is closed.
  bool is_open() const noexcept { return static_cast<bool>(socket_); }
  /// For poll(2): POLLIN, and POLLOUT while something waits to be sent.
  short events() const noexcept { return outbox_.empty() ? POLLIN : POLLIN | POLLOUT; }

  /// How many frames were pushed.
  std::uint64_t pushed() const noexcept { return pushed_; }
  /// Appends an encoded frame, with a descriptor that travels with it. Sent by `flush`.
  void push(std::string frame, base::Fd descriptor = {});
  /// Sends what the socket takes now. False once the other side is gone; the rest is dropped.
  bool flush();
  /// As `flush`, but waits until all is sent.
  bool flush_all();
  void close();
  /// Waits until there is something to read, or the end. False if that took too long.
  bool wait(std::chrono::milliseconds most = kForEver) const;

 protected:
  struct RawFrame {
    std::uint8_t type = 0;
    std::string bytes{};  // with the header
    std::string_view payload() const { return std::string_view(bytes).substr(kFrameHeaderBytes); }
  };
  struct RawArrivals {
    std::vector<RawFrame> frames{};
    bool ended = false;
    std::string trouble{};
  };
  enum class Amount : std::uint8_t {
    some,  ///< Not much more than 256 KiB, so that others get their turn.
    rest,  ///< All that is left; at most 4 MiB, in case somebody goes on writing.
  };
  RawArrivals read_raw(Amount amount);
  /// The next descriptor that came along; owns nothing if there is none.
  base::Fd take_descriptor();

 private:
  struct Parcel {
    std::string bytes{};
    std::size_t sent = 0;
    base::Fd descriptor{};
  };
  enum class Received : std::uint8_t { some, nothing, end };

  bool send_some(Parcel& parcel);
  std::size_t room_to_read();
  Received receive_some();
  void keep_descriptors(msghdr& message);
  bool cut_frames(RawArrivals& arrivals);

  base::Fd socket_{};
  std::uint64_t pushed_ = 0;
  Descriptors descriptors_ = Descriptors::refused;
  std::size_t max_payload_ = kMaxFrameBytes;  // of what comes in
  std::deque<Parcel> outbox_{};
  bool unheard_ = false;  // nobody reads at the other end
  std::string inbox_{};
  bool filled_ = false;    // the last read took all that there was room for
  std::size_t taken_ = 0;  // of inbox_, cut into frames already
  std::deque<base::Fd> arrived_{};
};

/// What came in at once.
template <class In>
struct Arrivals {
  std::vector<In> frames{};
  bool ended = false;     ///< Nothing will come any more; `frames` are the last ones.
  std::string trouble{};  ///< Why, unless the other side just closed its end.
};

/// A FrameStream that takes in only the frames of one variant, and sends any.
template <class In>
class Channel : public FrameStream {
 public:
  Channel() = default;
  explicit Channel(base::Fd socket, Descriptors descriptors = Descriptors::refused)
      : FrameStream(std::move(socket), descriptors, kMaxPayloadBytes<In>) {}

  /// Queues a frame for `flush`.
  template <class Frame>
  void send(const Frame& frame, base::Fd descriptor = {}) {
    push(encode(frame), std::move(descriptor));
  }

  /// What is there now, but not much more than 256 KiB so that others get their turn: poll says if
  /// there is more.
  Arrivals<In> read() { return decode_all(read_raw(Amount::some)); }
  /// All that is left from another side that has ended. What it has forked may hold its end, and is
  /// not waited for.
  Arrivals<In> read_rest() { return decode_all(read_raw(Amount::rest)); }
  /// Waits for something to come in, or for the end.
  Arrivals<In> wait_and_read() {
    wait();
    return read();
  }

  using FrameStream::take_descriptor;

 private:
  Arrivals<In> decode_all(RawArrivals raw);
};

/// Two ends of a new socket. Throws Error when descriptors run out.
std::pair<base::Fd, base::Fd> socket_pair();

extern template class Channel<ToHorse>;
extern template class Channel<FromHorse>;
extern template class Channel<ToStable>;
extern template class Channel<FromStable>;
extern template class Channel<ToMessenger>;
extern template class Channel<FromMessenger>;

/// The parent's end of a horse's socket.
using HorseChannel = Channel<FromHorse>;

}  // namespace rqpp::worker
