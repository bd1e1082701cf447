#include "python_literal.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "literal_cursor.h"
#include "literal_number.h"
#include "literal_text.h"

#include <rqpp/error.h>

namespace rqpp::cli {
namespace {

constexpr int kMaxNesting = 200;  // as Python's own parser

bool is_name(char c) {
  return c == '_' || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

class LiteralParser {
 public:
  explicit LiteralParser(std::string_view text) : cursor_(text) {}

  Value parse() {
    cursor_.skip_blanks();
    Value value = take_value();
    if (cursor_.peek() == ',') value = Value::tuple(take_items(std::move(value), '\0'));
    if (!cursor_.at_end()) cursor_.fail("expected the end");
    return value;
  }

 private:
  // Leaves no blanks behind the value.
  Value take_value() {
    if (++nesting_ > kMaxNesting) cursor_.fail("nested too deeply");
    Value value = take_any();
    --nesting_;
    cursor_.skip_blanks();
    return value;
  }

  Value take_any() {
    if (at_literal_text(cursor_)) return take_literal_text(cursor_);
    if (at_literal_number(cursor_)) return take_literal_number(cursor_);
    switch (cursor_.peek()) {
      case '+':
      case '-':
        return take_signed();
      case '(':
        return take_parentheses();
      case '[':
        open();
        return Value::list(take_items_until(']'));
      case '{':
        return take_braces();
      default:
        return take_name();
    }
  }

  Value take_signed() {
    const bool negative = cursor_.peek() == '-';
    cursor_.advance();
    cursor_.skip_blanks();
    if (!at_literal_number(cursor_)) cursor_.fail("expected a number");
    Value number = take_literal_number(cursor_);
    return negative ? negated(number) : number;
  }

  void open() {
    cursor_.advance();
    cursor_.skip_blanks();
  }

  Value take_parentheses() {
    open();
    if (cursor_.take(")")) return Value::tuple();
    Value first = take_value();
    if (cursor_.take(")")) return first;
    return Value::tuple(take_items(std::move(first), ')'));
  }

  Value take_braces() {
    open();
    if (cursor_.take("}")) return Value::dict();
    Value first = take_value();
    if (cursor_.peek() != ':') return Value::set(take_items(std::move(first), '}'));
    Value::Pairs pairs;
    while (true) {
      if (!cursor_.take(":")) cursor_.fail("expected ':'");
      cursor_.skip_blanks();
      pairs.emplace_back(std::move(first), take_value());
      if (!take_comma('}')) return Value::dict(std::move(pairs));
      first = take_value();
    }
  }

  Value::Items take_items_until(char end) {
    if (cursor_.take(std::string_view(&end, 1))) return {};
    return take_items(take_value(), end);
  }

  /// The items behind the first one, up to `end`; '\0' is the end of the text.
  Value::Items take_items(Value first, char end) {
    Value::Items items;
    items.push_back(std::move(first));
    while (take_comma(end)) items.push_back(take_value());
    return items;
  }

  /// True before another item; false behind the end.
  bool take_comma(char end) {
    const bool comma = cursor_.take(",");
    cursor_.skip_blanks();
    if (end == '\0' ? cursor_.at_end() : cursor_.take(std::string_view(&end, 1))) return false;
    if (!comma) {
      cursor_.fail(end == '\0' ? std::string("expected the end")
                               : fmt::format("expected ',' or '{}'", end));
    }
    return true;
  }

  Value take_name() {
    const std::size_t start = cursor_.offset();
    while (is_name(cursor_.peek())) cursor_.advance();
    const std::string_view name = cursor_.since(start);
    if (name == "None") return nullptr;
    if (name == "True") return true;
    if (name == "False") return false;
    if (name == "set") return take_empty_set();
    if (name.empty()) cursor_.fail("expected a value");
    cursor_.fail(fmt::format("the name '{}' is no literal (text stands in quotes)", name));
  }

  Value take_empty_set() {
    cursor_.skip_blanks();
    if (!cursor_.take("(")) cursor_.fail("expected 'set()'");
    cursor_.skip_blanks();
    if (!cursor_.take(")")) cursor_.fail("expected 'set()'");
    return Value::set();
  }

  LiteralCursor cursor_;
  int nesting_ = 0;
};

}  // namespace

Value parse_python_literal(std::string_view text) {
  try {
    return LiteralParser(text).parse();
  } catch (const InvalidArgument& error) {
    throw DecodeError(error.what());  // a list in a set, for example
  }
}

}  // namespace rqpp::cli
