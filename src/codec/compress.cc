#include "codec/compress.h"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <optional>

#include <fmt/format.h>

#include <rqpp/error.h>

namespace rqpp::codec {
namespace {

const Bytef* input_of(std::string_view bytes) {
  return reinterpret_cast<const Bytef*>(bytes.data());
}

uInt chunk_of(std::size_t length) {
  return static_cast<uInt>(std::min<std::size_t>(length, std::numeric_limits<uInt>::max() / 2));
}

[[noreturn]] void throw_setup(int code) {
  if (code == Z_MEM_ERROR) throw std::bad_alloc();
  throw Error(fmt::format("zlib refuses to start: {}", zError(code)));
}

class Deflater {
 public:
  /// A small window of hashes is quicker to clear than a short text is to compress, and finds the
  /// same matches in it.
  Deflater(int level, std::size_t length) {
    const int memory = length < 1024 ? 5 : 8;
    const int code =
        deflateInit2(&stream_, level, Z_DEFLATED, MAX_WBITS, memory, Z_DEFAULT_STRATEGY);
    if (code != Z_OK) throw_setup(code);
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() { deflateEnd(&stream_); }

  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

class Inflater {
 public:
  Inflater() {
    const int code = inflateInit(&stream_);
    if (code != Z_OK) throw_setup(code);
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

/// nullopt: no complete zlib stream. Bytes after its end are ignored, as Python ignores them.
std::optional<std::string> try_inflate(std::string_view bytes, std::size_t limit) {
  if (bytes.size() < 2) return std::nullopt;
  Inflater inflater;
  z_stream& stream = inflater.stream();
  std::string out;
  std::size_t filled = 0;
  int code = Z_OK;
  while (code != Z_STREAM_END) {
    if (filled == out.size()) {
      const std::size_t more = std::max<std::size_t>({512, bytes.size() * 3, out.size()});
      out.resize(std::min(filled + more, limit + 1));
    }
    if (stream.avail_in == 0) {
      stream.next_in = const_cast<Bytef*>(input_of(bytes));
      stream.avail_in = chunk_of(bytes.size());
      bytes.remove_prefix(stream.avail_in);
    }
    stream.next_out = reinterpret_cast<Bytef*>(out.data()) + filled;
    const uInt room = chunk_of(out.size() - filled);
    stream.avail_out = room;
    code = ::inflate(&stream, Z_NO_FLUSH);
    filled += room - stream.avail_out;
    if (filled > limit) {
      throw DecodeError(fmt::format("compressed data inflates to more than {} bytes", limit));
    }
    if (code == Z_MEM_ERROR) throw std::bad_alloc();
    if (code != Z_OK && code != Z_STREAM_END) return std::nullopt;
    if (code == Z_OK && stream.avail_in == 0 && bytes.empty() && stream.avail_out != 0) {
      return std::nullopt;  // Cut short.
    }
  }
  out.resize(filled);
  return out;
}

}  // namespace

std::string deflate(std::string_view bytes, int level) {
  if (level < 0 || level > 9) {
    throw InvalidArgument(fmt::format("compression level is {}; it must be 0 to 9", level));
  }
  Deflater deflater(level, bytes.size());
  z_stream& stream = deflater.stream();
  // The bound is an uLong, which a size_t fits on every system with a 64-bit Redis string.
  std::string out(deflateBound(&stream, bytes.size()), '\0');
  std::size_t filled = 0;
  int code = Z_OK;
  while (code != Z_STREAM_END) {
    if (stream.avail_in == 0) {
      stream.next_in = const_cast<Bytef*>(input_of(bytes));
      stream.avail_in = chunk_of(bytes.size());
      bytes.remove_prefix(stream.avail_in);
    }
    stream.next_out = reinterpret_cast<Bytef*>(out.data()) + filled;
    const uInt room = chunk_of(out.size() - filled);
    stream.avail_out = room;
    code = ::deflate(&stream, bytes.empty() ? Z_FINISH : Z_NO_FLUSH);
    filled += room - stream.avail_out;
    if (code != Z_OK && code != Z_STREAM_END) {
      throw Error(fmt::format("cannot compress: {}", zError(code)));
    }
  }
  out.resize(filled);
  return out;
}

std::string inflate(std::string_view bytes, std::size_t limit) {
  if (auto plain = try_inflate(bytes, limit)) return std::move(*plain);
  throw DecodeError(
      fmt::format("cannot inflate {} bytes: not a complete zlib stream", bytes.size()));
}

std::string inflate_or_raw(std::string_view bytes, std::size_t limit) {
  if (auto plain = try_inflate(bytes, limit)) return std::move(*plain);
  return std::string(bytes);
}

}  // namespace rqpp::codec
