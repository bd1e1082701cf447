#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "redis/settings.h"
#include "rqpp/error.h"

namespace rqpp::redis {

/// What an attempt waits for.
enum class IoState : std::uint8_t { done, wants_read, wants_write };

/// Why bytes cannot be moved, in bare words (`connection refused`), and what helps against it. The
/// Link makes it a ConnectionError that says whom we wanted to reach.
class TransportFailure : public Error {
 public:
  explicit TransportFailure(const std::string& reason, std::string advice = {})
      : Error(reason), advice_(std::move(advice)) {}
  const std::string& advice() const { return advice_; }

 private:
  std::string advice_;
};

/// A stream of bytes to Redis: TCP, a Unix socket, or TLS over TCP. Nothing here blocks, except
/// that the first connect() waits for the resolver. All throw TransportFailure.
class Transport {
 public:
  /// What a read or write did. `done` says that the next one may well move more at once.
  struct Moved {
    std::size_t bytes = 0;
    IoState state = IoState::done;
  };

  Transport() = default;
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport() = default;

  /// The socket to poll; it may change while connecting. -1 before the first connect().
  virtual int fd() const = 0;
  /// Goes on with connecting until `done`; call it again when the socket is ready for the rest.
  virtual IoState connect() = 0;
  virtual Moved read(std::span<char> room) = 0;
  virtual Moved write(std::string_view bytes) = 0;
};

/// The transport that the settings ask for. Throws TransportFailure for unreadable certificates.
std::unique_ptr<Transport> make_transport(const Settings& settings);

}  // namespace rqpp::redis
