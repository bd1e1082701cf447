#include <fmt/format.h>

#include <rqpp/error.h>

#include "base/utf8.h"
#include "codec/json.h"
#include "codec/number_text.h"
#include "codec/pickle.h"
#include "codec/repr.h"

namespace rqpp::codec {
namespace {

class JsonWriter {
 public:
  void write(const Value& value);
  std::string take() && { return std::move(out_); }

 private:
  void write_string(std::string_view text);
  void write_real(double number);
  void write_list(std::span<const Value> items);
  void write_dict(std::span<const Value::Pair> pairs);
  void write_key(const Value& key);
  void escape(char32_t code);
  void check_size() const {
    if (out_.size() <= kMaxSerializedBytes) return;
    throw InvalidArgument(
        fmt::format("a value takes more than {} bytes as JSON", kMaxSerializedBytes));
  }

  std::string out_;
};

void JsonWriter::write(const Value& value) {
  check_size();
  switch (value.kind()) {
    case Value::Kind::null:
      out_ += "null";
      break;
    case Value::Kind::boolean:
      out_ += value.as_bool() ? "true" : "false";
      break;
    case Value::Kind::integer:
      fmt::format_to(std::back_inserter(out_), "{}", value.as_int());
      break;
    case Value::Kind::big_integer:
      out_ += value.get_if<BigInteger>()->digits;
      break;
    case Value::Kind::real:
      write_real(*value.get_if<double>());
      break;
    case Value::Kind::string:
      write_string(value.as_string());
      break;
    case Value::Kind::list:
    case Value::Kind::tuple:
      write_list(value.items());
      break;
    case Value::Kind::dict:
      write_dict(value.pairs());
      break;
    default:
      throw InvalidArgument(fmt::format("JSON cannot hold {}, which is a {}. Use pickle.",
                                        short_repr(value), value.type_name()));
  }
}

void JsonWriter::write_real(double number) {
  const std::string text = float_text(number);
  if (text == "nan") {
    out_ += "NaN";
  } else if (text == "inf" || text == "-inf") {
    out_ += number < 0 ? "-Infinity" : "Infinity";
  } else {
    out_ += text;
  }
}

void JsonWriter::write_list(std::span<const Value> items) {
  out_ += '[';
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out_ += ", ";
    write(items[i]);
  }
  out_ += ']';
}

void JsonWriter::write_dict(std::span<const Value::Pair> pairs) {
  out_ += '{';
  bool first = true;
  for (const auto& [key, value] : pairs) {
    if (!first) out_ += ", ";
    first = false;
    write_key(key);
    out_ += ": ";
    write(value);
  }
  out_ += '}';
}

/// Python turns numbers, booleans and None into the text that they have as values.
void JsonWriter::write_key(const Value& key) {
  switch (key.kind()) {
    case Value::Kind::string:
      return write(key);
    case Value::Kind::null:
    case Value::Kind::boolean:
    case Value::Kind::integer:
    case Value::Kind::big_integer:
    case Value::Kind::real:
      out_ += '"';
      write(key);
      out_ += '"';
      return;
    default:
      throw InvalidArgument(fmt::format("JSON cannot hold the key {}, which is a {}. Use pickle.",
                                        short_repr(key), key.type_name()));
  }
}

void JsonWriter::escape(char32_t code) {
  const auto unit = [&](std::uint32_t bits) {
    fmt::format_to(std::back_inserter(out_), "\\u{:04x}", bits);
  };
  switch (code) {
    case '"':
      out_ += "\\\"";
      break;
    case '\\':
      out_ += "\\\\";
      break;
    case '\n':
      out_ += "\\n";
      break;
    case '\r':
      out_ += "\\r";
      break;
    case '\t':
      out_ += "\\t";
      break;
    case '\b':
      out_ += "\\b";
      break;
    case '\f':
      out_ += "\\f";
      break;
    default:
      if (code >= 0x10000) {
        unit(0xd800U + static_cast<std::uint32_t>((code - 0x10000) >> 10));
        unit(0xdc00U + static_cast<std::uint32_t>((code - 0x10000) & 0x3ffU));
      } else {
        unit(static_cast<std::uint32_t>(code));
      }
  }
}

void JsonWriter::write_string(std::string_view text) {
  out_ += '"';
  std::string_view rest = text;
  while (!rest.empty()) {
    std::size_t plain = 0;
    while (plain < rest.size() && rest[plain] >= 0x20 && rest[plain] < 0x7f && rest[plain] != '"' &&
           rest[plain] != '\\') {
      ++plain;
    }
    out_ += rest.substr(0, plain);
    rest.remove_prefix(plain);
    if (rest.empty()) break;
    const base::Utf8Char character = base::first_char(rest);
    if (character.length == 0) {
      throw InvalidArgument(fmt::format(
          "cannot write {} as JSON: it is not UTF-8. Use Bytes and pickle.", codec::quoted(text)));
    }
    escape(character.code);
    rest.remove_prefix(character.length);
  }
  out_ += '"';
}

}  // namespace

std::string write_json(const Value& value) {
  JsonWriter writer;
  writer.write(value);
  return std::move(writer).take();
}

}  // namespace rqpp::codec
