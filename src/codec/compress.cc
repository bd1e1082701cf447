#include "codec/compress.h"

#include <zlib.h>

#include <algorithm>
#include <bit>
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

/// The compressor sized for one text: zlib's own 256 kB cost more to set up and to give back than a
/// call takes to compress, and a window that holds the whole text finds the same matches.
class Deflater {
 public:
  Deflater(int level, std::size_t length) {
    constexpr std::size_t kLookahead = 262;  // How much of the window zlib keeps for itself.
    const int window = std::clamp(static_cast<int>(std::bit_width(length + kLookahead)), 9, 15);
    const int memory = std::clamp(static_cast<int>(std::bit_width(length)) - 6, 1, 8);
    // A negative window asks for no header: it would tell the window's size.
    const int code = deflateInit2(&stream_, level, Z_DEFLATED, -window, memory, Z_DEFAULT_STRATEGY);
    if (code != Z_OK) throw_setup(code);
  }
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;
  ~Deflater() { deflateEnd(&stream_); }

  z_stream& stream() { return stream_; }

 private:
  z_stream stream_{};
};

/// The two bytes that zlib writes for a full window at this level.
std::string_view header_of(int level) {
  if (level < 2) return "\x78\x01";
  if (level < 6) return "\x78\x5e";
  return level == 6 ? "\x78\x9c" : "\x78\xda";
}

void append_checksum(std::string& out, std::string_view bytes) {
  uLong sum = adler32(0, nullptr, 0);
  while (!bytes.empty()) {
    const uInt length = chunk_of(bytes.size());
    sum = adler32(sum, input_of(bytes), length);
    bytes.remove_prefix(length);
  }
  for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>((sum >> shift) & 0xffU);
}

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
  constexpr std::size_t kChecksum = 4;
  std::string out(header_of(level));
  std::size_t filled = out.size();
  out.reserve(filled + deflateBound(&stream, bytes.size()) + kChecksum);
  out.resize(out.capacity() - kChecksum);
  std::string_view rest = bytes;
  int code = Z_OK;
  while (code != Z_STREAM_END) {
    if (stream.avail_in == 0) {
      stream.next_in = const_cast<Bytef*>(input_of(rest));
      stream.avail_in = chunk_of(rest.size());
      rest.remove_prefix(stream.avail_in);
    }
    stream.next_out = reinterpret_cast<Bytef*>(out.data()) + filled;
    const uInt room = chunk_of(out.size() - filled);
    stream.avail_out = room;
    code = ::deflate(&stream, rest.empty() ? Z_FINISH : Z_NO_FLUSH);
    filled += room - stream.avail_out;
    if (code != Z_OK && code != Z_STREAM_END) {
      throw Error(fmt::format("cannot compress: {}", zError(code)));
    }
  }
  out.resize(filled);
  append_checksum(out, bytes);
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
