#include "codec/stream_dump.h"

#include <array>
#include <cstddef>
#include <string_view>

// What DUMP gives: a byte for the type, the value as in an RDB file, the version of that form in
// two bytes, and a CRC-64 of all before. The entries of a stream lie in listpacks, here in one,
// which begins with an entry that names the fields.
namespace rqpp::codec {
namespace {

constexpr char kStreamOfListpacks = 15;
constexpr std::uint64_t kVersion = 9;     // of Redis 5 and 6; later ones read it
constexpr std::uint64_t kSameFields = 2;  // as those of the first entry

/// The polynomial of Jones, bits reversed, as in Redis.
constexpr std::array<std::uint64_t, 256> make_crc_table() {
  constexpr std::uint64_t kPolynomial = 0x95AC9329AC4BC9B5;
  std::array<std::uint64_t, 256> table{};
  for (std::uint64_t byte = 0; byte < table.size(); ++byte) {
    std::uint64_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 1) != 0 ? (crc >> 1) ^ kPolynomial : crc >> 1;
    table[byte] = crc;
  }
  return table;
}

std::uint64_t crc64(std::string_view bytes) {
  static constexpr auto kTable = make_crc_table();
  std::uint64_t crc = 0;
  for (const char byte : bytes) {
    crc = kTable[(crc ^ static_cast<unsigned char>(byte)) & 0xFF] ^ (crc >> 8);
  }
  return crc;
}

void append_little_endian(std::string& out, std::uint64_t number, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<char>(number >> (8 * i)));
}

void append_big_endian(std::string& out, std::uint64_t number, int bytes) {
  for (int i = bytes; i-- > 0;) out.push_back(static_cast<char>(number >> (8 * i)));
}

/// A number as an RDB file has lengths.
void append_length(std::string& out, std::uint64_t length) {
  if (length < 1 << 6) {
    out.push_back(static_cast<char>(length));
  } else if (length < 1 << 14) {
    append_big_endian(out, length | 0x4000, 2);
  } else if (length <= 0xFFFFFFFF) {
    out.push_back('\x80');
    append_big_endian(out, length, 4);
  } else {
    out.push_back('\x81');
    append_big_endian(out, length, 8);
  }
}

class Listpack {
 public:
  void add(std::uint64_t number) {  // below 4096
    const std::size_t begin = bytes_.size();
    if (number < 128) {
      bytes_.push_back(static_cast<char>(number));
    } else {
      append_big_endian(bytes_, number | 0xC000, 2);
    }
    end_element(begin);
  }

  void add(std::string_view text) {
    const std::size_t begin = bytes_.size();
    if (text.size() < 64) {
      bytes_.push_back(static_cast<char>(text.size() | 0x80));
    } else if (text.size() < 4096) {
      append_big_endian(bytes_, text.size() | 0xE000, 2);
    } else {
      bytes_.push_back('\xF0');
      append_little_endian(bytes_, text.size(), 4);
    }
    bytes_.append(text);
    end_element(begin);
  }

  std::string finish() && {
    constexpr std::size_t kHeaderBytes = 6;
    std::string whole;
    whole.reserve(kHeaderBytes + bytes_.size() + 1);
    append_little_endian(whole, kHeaderBytes + bytes_.size() + 1, 4);
    append_little_endian(whole, elements_, 2);
    whole.append(bytes_).push_back('\xFF');
    return whole;
  }

 private:
  /// An element ends with its length, in groups of seven bits that are read from behind.
  void end_element(std::size_t begin) {
    const std::size_t size = bytes_.size() - begin;
    int groups = 1;
    while (groups < 5 && size >> (7 * groups) != 0) ++groups;
    for (int group = groups; group-- > 0;) {
      const std::size_t bits = (size >> (7 * group)) & 0x7F;
      bytes_.push_back(static_cast<char>(group == groups - 1 ? bits : bits | 0x80));
    }
    ++elements_;
  }

  std::string bytes_{};
  std::size_t elements_ = 0;
};

std::string entries(std::span<const std::string> fields) {
  const std::size_t count = fields.size() / 2;
  Listpack pack;
  pack.add(std::uint64_t{1});  // one entry that is valid,
  pack.add(std::uint64_t{0});  // none that was deleted
  pack.add(count);
  for (std::size_t i = 0; i < fields.size(); i += 2) pack.add(std::string_view(fields[i]));
  pack.add(std::uint64_t{0});
  pack.add(kSameFields);
  pack.add(std::uint64_t{0});  // the difference of its id, milliseconds
  pack.add(std::uint64_t{0});  // and number
  for (std::size_t i = 1; i < fields.size(); i += 2) pack.add(std::string_view(fields[i]));
  pack.add(count + 3);  // elements of the entry, to go back by
  return std::move(pack).finish();
}

}  // namespace

std::string dump_of_stream(std::uint64_t milliseconds, std::span<const std::string> fields) {
  const std::string pack = entries(fields);
  std::string dump;
  dump.reserve(pack.size() + 64);
  dump.push_back(kStreamOfListpacks);
  append_length(dump, 1);   // one listpack,
  append_length(dump, 16);  // under the id of its first entry
  append_big_endian(dump, milliseconds, 8);
  append_big_endian(dump, 0, 8);
  append_length(dump, pack.size());
  dump.append(pack);
  append_length(dump, 1);             // one entry,
  append_length(dump, milliseconds);  // which has the last id
  append_length(dump, 0);
  append_length(dump, 0);  // no groups of consumers
  append_little_endian(dump, kVersion, 2);
  append_little_endian(dump, crc64(dump), 8);
  return dump;
}

}  // namespace rqpp::codec
