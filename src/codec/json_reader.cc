// JSON as Python's json module reads it. A general JSON library cannot: RQ's payloads hold `NaN`
// and `Infinity`, integers beyond 64 bits whose digits must survive, and lone surrogates.

#include <charconv>

#include <fmt/format.h>

#include <rqpp/error.h>

#include "base/utf8.h"
#include "codec/json.h"
#include "codec/number_text.h"
#include "codec/pickle.h"
#include "codec/repr.h"

namespace rqpp::codec {
namespace {

bool is_lead(std::uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_trail(std::uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

class JsonReader {
 public:
  JsonReader(std::string_view text, std::size_t memory_limit)
      : text_(text), budget_(memory_limit) {}

  Value read();
  std::size_t position() const { return at_; }

 private:
  [[noreturn]] static void fail(std::string_view what) { throw DecodeError(std::string(what)); }
  void charge(std::size_t bytes) {
    if (bytes > budget_) fail("the value takes too much memory");
    budget_ -= bytes;
  }

  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  bool take(std::string_view word);
  void skip_blanks();
  bool next_item(char close, bool first);

  Value read_value(std::size_t depth);
  Value read_list(std::size_t depth);
  Value read_dict(std::size_t depth);
  Value read_number();
  std::size_t take_digits();
  std::string read_string();
  void read_escape(std::string& out);
  std::uint32_t read_unit();
  Value read_word();

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t budget_ = 0;
};

Value JsonReader::read() {
  if (text_.size() > kMaxSerializedBytes) fail("more bytes than Redis holds");
  at_ = base::find_invalid_utf8(text_, base::Surrogates::refuse);
  if (at_ != std::string_view::npos) fail("text that is not UTF-8");
  at_ = 0;
  Value value = read_value(0);
  skip_blanks();
  if (at_ < text_.size()) fail("something after the value");
  return value;
}

bool JsonReader::take(std::string_view word) {
  if (!text_.substr(at_).starts_with(word)) return false;
  at_ += word.size();
  return true;
}

void JsonReader::skip_blanks() {
  while (peek() == ' ' || peek() == '\n' || peek() == '\r' || peek() == '\t') ++at_;
}

/// True if another item follows; false past the closing bracket.
bool JsonReader::next_item(char close, bool first) {
  skip_blanks();
  if (peek() == close) {
    ++at_;
    return false;
  }
  if (first) return true;
  if (!take(",")) fail(fmt::format("no ',' or '{}'", close));
  skip_blanks();
  return true;
}

Value JsonReader::read_value(std::size_t depth) {
  skip_blanks();
  charge(sizeof(Value));
  const char c = peek();
  if (c == '"') return read_string();
  if (c == '[' || c == '{') {
    if (depth == Value::kMaxDepth) fail(fmt::format("nesting deeper than {}", depth));
    ++at_;
    return c == '[' ? read_list(depth + 1) : read_dict(depth + 1);
  }
  if (c == '-' || is_digit(c)) return read_number();
  return read_word();
}

Value JsonReader::read_word() {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (take("null")) return nullptr;
  if (take("true")) return true;
  if (take("false")) return false;
  if (take("NaN")) return std::numeric_limits<double>::quiet_NaN();
  if (take("Infinity")) return kInfinity;
  if (take("-Infinity")) return -kInfinity;
  fail("no value");
}

Value JsonReader::read_list(std::size_t depth) {
  Value::Items items;
  while (next_item(']', items.empty())) items.push_back(read_value(depth));
  return Value::list(std::move(items));
}

Value JsonReader::read_dict(std::size_t depth) {
  Value::Pairs pairs;
  while (next_item('}', pairs.empty())) {
    if (peek() != '"') fail("a key that is no string");
    charge(sizeof(Value));
    Value key = read_string();
    skip_blanks();
    if (!take(":")) fail("no ':' after a key");
    pairs.emplace_back(std::move(key), read_value(depth));
  }
  return Value::dict(std::move(pairs));
}

std::size_t JsonReader::take_digits() {
  const std::size_t start = at_;
  while (is_digit(peek())) ++at_;
  return at_ - start;
}

Value JsonReader::read_number() {
  const std::size_t start = at_;
  if (take("-") && !is_digit(peek())) {
    at_ = start;
    return read_word();
  }
  if (!take("0")) take_digits();
  const std::size_t whole = at_;
  // Python leaves a fraction or an exponent without digits to whatever comes next.
  if (take(".") && take_digits() == 0) at_ = whole;
  const std::size_t mantissa = at_;
  if (take("e") || take("E")) {
    if (!take("-")) take("+");
    if (take_digits() == 0) at_ = mantissa;
  }
  const std::string_view text = text_.substr(start, at_ - start);
  if (at_ != whole) return parse_number(text).value_or(0);
  std::int64_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc{}) {
    return number;
  }
  return BigInteger{std::string(text)};
}

std::string JsonReader::read_string() {
  ++at_;
  std::string out;
  for (;;) {
    const std::size_t start = at_;
    while (static_cast<std::uint8_t>(peek()) >= 0x20 && peek() != '"' && peek() != '\\') ++at_;
    charge(at_ - start);
    out += text_.substr(start, at_ - start);
    if (take("\"")) return out;
    if (at_ == text_.size()) fail("a string without end");
    if (!take("\\")) fail("a control character in a string");
    read_escape(out);
  }
}

std::uint32_t JsonReader::read_unit() {
  const std::string_view digits = text_.substr(at_, 4);
  std::uint32_t unit = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), unit, 16);
  if (error != std::errc{} || end != digits.data() + 4) fail("a \\u without four hex digits");
  at_ += 4;
  return unit;
}

void JsonReader::read_escape(std::string& out) {
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kMeanings = "\"\\/\b\f\n\r\t";
  const std::size_t name = kNames.find(peek());
  if (at_ < text_.size() && name != std::string_view::npos) {
    ++at_;
    out += kMeanings[name];
    return;
  }
  if (!take("u")) fail("an unknown escape");
  char32_t code = read_unit();
  if (is_lead(code) && text_.substr(at_).starts_with("\\u")) {
    const std::size_t before = at_;
    at_ += 2;
    const std::uint32_t trail = read_unit();
    if (is_trail(trail)) {
      code = 0x10000 + ((code - 0xd800) << 10) + (trail - 0xdc00);
    } else {
      at_ = before;
    }
  }
  base::append_utf8(out, code);
}

}  // namespace

Value read_json(std::string_view text, std::size_t memory_limit) {
  JsonReader reader(text, memory_limit);
  try {
    return reader.read();
  } catch (const Error& error) {
    throw DecodeError(
        fmt::format("cannot read JSON: {} at byte {}", error.what(), reader.position()));
  }
}

}  // namespace rqpp::codec
