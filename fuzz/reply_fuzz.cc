// What a Redis, or whoever answers in its place, sends: the same replies in pieces of any size.

#include "redis/reader.h"

#include <vector>

#include <rqpp/error.h>

#include "expect.h"

namespace {

struct Read {
  std::vector<rqpp::redis::Reply> replies{};
  bool refused = false;

  bool operator==(const Read&) const = default;
};

Read read_in_pieces(std::string_view stream, std::size_t piece) {
  rqpp::redis::ReplyReader reader;
  Read read;
  try {
    for (std::size_t at = 0; at < stream.size(); at += piece) {
      reader.feed(stream.substr(at, piece));
      while (auto reply = reader.next()) read.replies.push_back(std::move(*reply));
    }
  } catch (const rqpp::DecodeError&) {
    read.refused = true;
  }
  return read;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* bytes, std::size_t size) {
  if (size < 2) return 0;
  const std::size_t piece = std::size_t{1} + bytes[0] % 32;
  const std::string_view stream = rqpp::fuzz::text_of(bytes + 1, size - 1);
  rqpp::fuzz::expect(read_in_pieces(stream, piece) == read_in_pieces(stream, stream.size()),
                     "how a stream is cut into pieces changes nothing");
  return 0;
}
