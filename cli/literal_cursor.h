#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace rqpp::cli {

/// A place in the text of a literal. Reading beyond the end gives '\0'.
class LiteralCursor {
 public:
  explicit LiteralCursor(std::string_view text) : text_(text) {}

  bool at_end() const { return offset_ == text_.size(); }
  char peek(std::size_t ahead = 0) const {
    return offset_ + ahead < text_.size() ? text_[offset_ + ahead] : '\0';
  }
  bool starts_with(std::string_view word) const {
    return text_.substr(offset_, word.size()) == word;
  }
  std::string_view rest() const { return text_.substr(offset_); }
  std::size_t offset() const { return offset_; }
  std::string_view since(std::size_t start) const { return text_.substr(start, offset_ - start); }

  void advance(std::size_t count = 1);
  /// True, and behind it, if the word is next.
  bool take(std::string_view word);
  /// Over blanks, line breaks, backslashes before line breaks, and comments.
  void skip_blanks();

  /// Throws DecodeError that names the place.
  [[noreturn]] void fail(const std::string& why) const;

 private:
  std::string_view text_;
  std::size_t offset_ = 0;
};

}  // namespace rqpp::cli
