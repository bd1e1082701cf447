#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "redis/reply.h"

struct redisReader;

namespace rqpp::redis {

/// Turns bytes from Redis into replies, in pieces of any size. It reads RESP2 by hiredis and keeps
/// a hostile server from taking more memory than a small multiple of what it sends.
class ReplyReader {
 public:
  /// Arrays within arrays. Redis' own answers have 4 at most.
  static constexpr int kMaxDepth = 7;
  static constexpr std::size_t kMaxElements = std::size_t{1} << 24;
  /// One string: Redis' own limit (proto-max-bulk-len).
  static constexpr std::size_t kMaxBytes = std::size_t{512} << 20;

  /// `max_bytes` is for what waits for its end, as one string does; `max_reply_bytes` for a whole
  /// reply, whose elements have been read.
  explicit ReplyReader(std::size_t max_bytes = kMaxBytes, std::size_t max_reply_bytes = SIZE_MAX);
  ReplyReader(ReplyReader&&) noexcept;
  ReplyReader& operator=(ReplyReader&&) noexcept;
  ~ReplyReader();

  /// Adds bytes. Throws DecodeError when there are more, and some, of either.
  void feed(std::string_view bytes);
  /// The next complete reply. Throws DecodeError when the bytes are not RESP2; the reader is of no
  /// use after that.
  std::optional<Reply> next();

 private:
  struct Free {
    void operator()(redisReader* reader) const noexcept;
  };
  std::unique_ptr<redisReader, Free> reader_;
  std::size_t max_bytes_;
  std::size_t max_reply_bytes_;
  std::size_t unfinished_ = 0;  // bytes since the last complete reply
};

}  // namespace rqpp::redis
