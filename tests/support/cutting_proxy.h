#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

#include "base/fd.h"
#include "redis/settings.h"

namespace rqpp::test {

/// Stands between a client and a Unix socket of Redis and can fail like a network: it cuts the
/// connection after a number of bytes, or swallows everything. One connection at a time.
class CuttingProxy {
 public:
  static constexpr std::size_t kNever = SIZE_MAX;

  explicit CuttingProxy(std::string redis_socket);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  /// How to connect through the proxy.
  redis::Settings settings() const;

  /// Cuts the connection when this many more bytes have gone to Redis.
  void cut_after_sent(std::size_t bytes) { to_redis_ = bytes; }
  /// Cuts the connection when this many more bytes have come back.
  void cut_after_received(std::size_t bytes) { to_client_ = bytes; }
  /// Lets no answers through, and keeps the connection open.
  void swallow_replies() { swallow_ = true; }
  /// Everything passes again, over the next connection too.
  void heal();

 private:
  void serve();
  void relay(int client, int redis);
  bool move(int from, int to, std::atomic<std::size_t>& allowance);

  std::string redis_socket_;
  std::string folder_;
  base::Fd listener_;
  base::Fd stop_reading_;
  base::Fd stop_writing_;
  std::atomic<std::size_t> to_redis_{kNever};
  std::atomic<std::size_t> to_client_{kNever};
  std::atomic<bool> swallow_{false};
  std::thread thread_;
};

}  // namespace rqpp::test
