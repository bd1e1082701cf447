#include "redis/request.h"

#include <algorithm>
#include <charconv>

namespace rqpp::redis {
namespace {

constexpr std::size_t kMostDigits = 20;  // of 64 bits, with their sign
constexpr std::string_view kEnd = "\r\n";

/// Puts short pieces together: each append to a string has its price. It must not overflow.
class Piece {  // NOLINT(cppcoreguidelines-pro-type-member-init): zeros would cost what it saves
 public:
  static constexpr std::size_t kSize = 128;

  void add(char mark) { *end_++ = mark; }
  void add(std::string_view text) { end_ = std::copy(text.begin(), text.end(), end_); }
  void add_number(auto number) { end_ = std::to_chars(end_, end_ + kMostDigits, number).ptr; }

  std::string_view view() const { return {text_, static_cast<std::size_t>(end_ - text_)}; }

 private:
  char text_[kSize];
  char* end_ = text_;
};

template <class Number>
void append_number(std::string& out, Number number) {
  Piece digits;
  digits.add_number(number);
  append_word(out, digits.view());
}

}  // namespace

void append_count(std::string& out, std::size_t words) {
  Piece piece;
  piece.add('*');
  piece.add_number(words);
  piece.add(kEnd);
  out.append(piece.view());
}

void append_word(std::string& out, std::string_view word) {
  constexpr std::size_t kShort = 64;
  Piece piece;
  piece.add('$');
  piece.add_number(word.size());
  piece.add(kEnd);
  if (word.size() <= kShort) {
    piece.add(word);
    piece.add(kEnd);
    out.append(piece.view());
  } else {
    out.append(piece.view()).append(word).append(kEnd);
  }
}

void append_word(std::string& out, std::int64_t number) { append_number(out, number); }
void append_word(std::string& out, std::uint64_t number) { append_number(out, number); }

void append_command(std::string& out, const std::vector<std::string>& words) {
  append_count(out, words.size());
  for (const std::string& word : words) append_word(out, word);
}

std::string_view take_word(std::string_view& words) {
  const std::size_t head = words.find(kEnd) + kEnd.size();
  std::size_t size = 0;
  std::from_chars(words.data() + 1, words.data() + head, size);
  const std::string_view word = words.substr(head, size);
  words.remove_prefix(head + size + kEnd.size());
  return word;
}

}  // namespace rqpp::redis
