#include "codec/repr.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "codec/number_text.h"

namespace rqpp::codec {
namespace {

/// The characters that RQ leaves of an argument in a description.
constexpr std::size_t kShown = 75;
/// Bytes that hold more than kShown characters, whatever they are.
constexpr std::size_t kEnoughForShown = (kShown + 2) * 4;

class ReprWriter {
 public:
  ReprWriter(std::string& out, std::size_t enough) : out_(out), enough_(enough) {}

  void write(const Value& value);
  void write_string(std::string_view text);

 private:
  bool full() const { return out_.size() > enough_; }
  template <class... Args>
  void print(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }

  void write_bytes(std::string_view bytes);
  void write_bytearray(std::string_view bytes);
  void write_byte(char byte, char quote);
  void write_char(std::string_view text, base::Utf8Char character, char quote);
  bool write_escape(char c, char quote);
  void write_items(std::span<const Value> items, std::string_view open, std::string_view close);
  void write_dict(const Value& value);
  void write_clock(const TimeOfDay& time);
  void write_time(const TimeOfDay& time);
  void write_datetime(const DateTime& time);
  void write_delta(const TimeDelta& duration);
  void write_zone(const TimeZone& zone);
  void write_tzinfo(const TimeOfDay& time);

  std::string& out_;
  std::size_t enough_;
};

char choose_quote(std::string_view text) {
  const bool single = text.find('\'') != std::string_view::npos;
  return single && text.find('"') == std::string_view::npos ? '"' : '\'';
}

/// What repr() writes with a backslash whatever it is in. False: `c` is not of these.
bool ReprWriter::write_escape(char c, char quote) {
  switch (c) {
    case '\n':
      out_ += "\\n";
      return true;
    case '\r':
      out_ += "\\r";
      return true;
    case '\t':
      out_ += "\\t";
      return true;
    default:
      if (c != '\\' && c != quote) return false;
      out_ += '\\';
      out_ += c;
      return true;
  }
}

void ReprWriter::write_char(std::string_view text, base::Utf8Char character, char quote) {
  if (character.length == 0) {  // No UTF-8: C++ made this text, Python could not.
    print("\\x{:02x}", static_cast<std::uint8_t>(text[0]));
    return;
  }
  if (character.length == 1 && write_escape(text[0], quote)) return;
  const auto code = static_cast<std::uint32_t>(character.code);
  if (base::is_printable(character.code)) {
    out_.append(text.substr(0, character.length));
  } else if (code < 0x100) {
    print("\\x{:02x}", code);
  } else if (code < 0x10000) {
    print("\\u{:04x}", code);
  } else {
    print("\\U{:08x}", code);
  }
}

void ReprWriter::write_string(std::string_view text) {
  const char quote = choose_quote(text);
  out_ += quote;
  while (!text.empty() && !full()) {
    const base::Utf8Char character = base::first_char(text);
    write_char(text, character, quote);
    text.remove_prefix(character.length == 0 ? 1 : character.length);
  }
  out_ += quote;
}

void ReprWriter::write_byte(char byte, char quote) {
  if (write_escape(byte, quote)) return;
  if (byte >= 0x20 && byte < 0x7f) {
    out_ += byte;
  } else {
    print("\\x{:02x}", static_cast<std::uint8_t>(byte));
  }
}

void ReprWriter::write_bytes(std::string_view bytes) {
  const char quote = choose_quote(bytes);
  out_ += 'b';
  out_ += quote;
  for (std::size_t i = 0; i < bytes.size() && !full(); ++i) write_byte(bytes[i], quote);
  out_ += quote;
}

// Unlike bytes, a bytearray escapes single quotes even within double ones.
void ReprWriter::write_bytearray(std::string_view bytes) {
  const char quote = choose_quote(bytes);
  out_ += "bytearray(b";
  out_ += quote;
  for (std::size_t i = 0; i < bytes.size() && !full(); ++i) {
    write_byte(bytes[i], bytes[i] == '\'' ? '\'' : quote);
  }
  out_ += quote;
  out_ += ')';
}

void ReprWriter::write_items(std::span<const Value> items, std::string_view open,
                             std::string_view close) {
  out_ += open;
  for (std::size_t i = 0; i < items.size() && !full(); ++i) {
    if (i > 0) out_ += ", ";
    write(items[i]);
  }
  out_ += close;
}

void ReprWriter::write_dict(const Value& value) {
  out_ += '{';
  bool first = true;
  for (const auto& [key, item] : value.pairs()) {
    if (full()) break;
    if (!first) out_ += ", ";
    first = false;
    write(key);
    out_ += ": ";
    write(item);
  }
  out_ += '}';
}

void ReprWriter::write_delta(const TimeDelta& duration) {
  out_ += "datetime.timedelta(";
  const std::size_t start = out_.size();
  const auto part = [&](const char* name, std::int64_t value) {
    if (value == 0) return;
    print("{}{}={}", out_.size() > start ? ", " : "", name, value);
  };
  part("days", duration.days);
  part("seconds", duration.seconds);
  part("microseconds", duration.microseconds);
  if (out_.size() == start) out_ += '0';
  out_ += ')';
}

void ReprWriter::write_zone(const TimeZone& zone) {
  if (zone == TimeZone{}) {
    out_ += "datetime.timezone.utc";
    return;
  }
  out_ += "datetime.timezone(";
  write_delta(zone.offset);
  if (!zone.name.empty()) {
    out_ += ", ";
    write_string(zone.name);
  }
  out_ += ')';
}

void ReprWriter::write_clock(const TimeOfDay& time) {
  print("{}, {}", time.hour, time.minute);
  if (time.second != 0 || time.microsecond != 0) print(", {}", time.second);
  if (time.microsecond != 0) print(", {}", time.microsecond);
}

void ReprWriter::write_tzinfo(const TimeOfDay& time) {
  if (!time.zone) return;
  out_ += ", tzinfo=";
  write_zone(*time.zone);
}

// Python puts the fold of a time last, but that of a datetime before the zone.
void ReprWriter::write_time(const TimeOfDay& time) {
  out_ += "datetime.time(";
  write_clock(time);
  write_tzinfo(time);
  out_ += time.fold != 0 ? ", fold=1)" : ")";
}

void ReprWriter::write_datetime(const DateTime& time) {
  print("datetime.datetime({}, {}, {}, ", time.date.year, time.date.month, time.date.day);
  write_clock(time.time);
  if (time.time.fold != 0) out_ += ", fold=1";
  write_tzinfo(time.time);
  out_ += ')';
}

void ReprWriter::write(const Value& value) {
  switch (value.kind()) {
    case Value::Kind::null:
      out_ += "None";
      break;
    case Value::Kind::boolean:
      out_ += value.as_bool() ? "True" : "False";
      break;
    case Value::Kind::integer:
      print("{}", value.as_int());
      break;
    case Value::Kind::big_integer:
      out_ += value.get_if<BigInteger>()->digits;
      break;
    case Value::Kind::real:
      out_ += float_text(*value.get_if<double>());
      break;
    case Value::Kind::string:
      write_string(value.as_string());
      break;
    case Value::Kind::bytes:
      write_bytes(value.as_bytes());
      break;
    case Value::Kind::bytearray:
      write_bytearray(value.as_bytes());
      break;
    case Value::Kind::list:
      write_items(value.items(), "[", "]");
      break;
    case Value::Kind::tuple:
      write_items(value.items(), "(", value.items().size() == 1 ? ",)" : ")");
      break;
    case Value::Kind::dict:
      write_dict(value);
      break;
    case Value::Kind::set:
      write_items(value.items(), value.items().empty() ? "set(" : "{",
                  value.items().empty() ? ")" : "}");
      break;
    case Value::Kind::frozenset:
      write_items(value.items(), value.items().empty() ? "frozenset(" : "frozenset({",
                  value.items().empty() ? ")" : "})");
      break;
    case Value::Kind::date: {
      const auto& date = *value.get_if<Date>();
      print("datetime.date({}, {}, {})", date.year, date.month, date.day);
      break;
    }
    case Value::Kind::time:
      write_time(*value.get_if<TimeOfDay>());
      break;
    case Value::Kind::datetime:
      write_datetime(*value.get_if<DateTime>());
      break;
    case Value::Kind::timedelta:
      write_delta(*value.get_if<TimeDelta>());
      break;
    case Value::Kind::timezone:
      write_zone(*value.get_if<TimeZone>());
      break;
    case Value::Kind::decimal:
      print("Decimal('{}')", value.get_if<Decimal>()->text);
      break;
    case Value::Kind::uuid:
      print("UUID('{}')", value.get_if<Uuid>()->to_string());
      break;
    case Value::Kind::opaque:
      print("<{}>", value.type_name());
      break;
  }
}

std::string cut(std::string text) {
  std::size_t at = 0;
  for (std::size_t shown = 0; shown < kShown; ++shown) {
    if (at >= text.size()) return text;
    const std::size_t length = base::first_char(std::string_view(text).substr(at)).length;
    at += length == 0 ? 1 : length;
  }
  if (at >= text.size()) return text;
  text.resize(at);
  return text + "...";
}

}  // namespace

void append_repr(std::string& out, const Value& value, std::size_t enough) {
  ReprWriter(out, enough).write(value);
}

std::string short_repr(const Value& value) {
  std::string text;
  append_repr(text, value, kEnoughForShown);
  return cut(std::move(text));
}

std::string quoted(std::string_view text) {
  std::string out;
  ReprWriter(out, kEnoughForShown).write_string(text);
  return cut(std::move(out));
}

}  // namespace rqpp::codec
