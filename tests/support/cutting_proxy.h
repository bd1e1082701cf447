#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "redis/settings.h"

namespace rqpp::test {

/// Stands between clients and a Unix socket of Redis and can fail like a network: it cuts
/// connections after a number of bytes, swallows replies, or lets nothing through for a while.
class CuttingProxy {
 public:
  static constexpr std::size_t kNever = SIZE_MAX;
  enum class Way : std::uint8_t { sent, received };
  struct Cut {
    Way way = Way::sent;
    std::size_t after = 0;  ///< Bytes that still pass.
  };

  explicit CuttingProxy(std::string redis_socket);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  /// How to connect through the proxy.
  redis::Settings settings() const;

  /// Cuts the connection when this many more bytes have gone to Redis, and later ones at once.
  void cut_after_sent(std::size_t bytes);
  /// Cuts the connection when this many more bytes have come back, and later ones at once.
  void cut_after_received(std::size_t bytes);
  /// Cuts all connections once per element, each counted from the cut before it. Connections that
  /// are made afterwards are whole.
  void cut_once(std::vector<Cut> cuts);
  /// Those of cut_once() that have not happened.
  std::size_t cuts_left() const;
  /// Lets no answers through, and keeps the connection open.
  void swallow_replies();
  /// Lets nothing through, keeps all connections open, and makes up for it when healed.
  void stall();
  /// Wherever `from` stands in what comes back at once, `to` takes its place.
  void replace_in_replies(const std::string& from, const std::string& to);
  /// Everything passes again, over the next connection too.
  void heal();

  /// Bytes that have passed since the proxy was made.
  std::size_t passed(Way way) const;

 private:
  struct Pair {
    base::Fd client{};
    base::Fd redis{};
  };
  using Lock = std::lock_guard<std::mutex>;

  void serve();
  void accept_client();
  bool relay(const Pair& pair, short client_events, short redis_events);
  bool move(int from, int to, Way way);
  std::size_t take_allowed(Way way, std::size_t wanted);
  bool is_stalled() const;
  std::string replaced(std::string bytes) const;

  static std::size_t index(Way way) { return static_cast<std::size_t>(way); }

  std::string redis_socket_;
  std::string folder_;
  base::Fd listener_;
  base::Fd stop_reading_;
  base::Fd stop_writing_;
  std::vector<Pair> pairs_{};  // of the thread
  bool cut_all_ = false;       // of the thread

  mutable std::mutex turn_{};  // of all below
  std::array<std::size_t, 2> allowance_{kNever, kNever};
  std::array<std::size_t, 2> passed_{};
  std::deque<Cut> cuts_{};
  bool swallow_ = false;
  bool stalled_ = false;
  std::string from_{};
  std::string to_{};

  std::thread thread_;
};

}  // namespace rqpp::test
