#include "codec/pickle_globals.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include <rqpp/error.h>

#include "base/utf8.h"
#include "codec/integer_text.h"

namespace rqpp::codec {
namespace {

using Arguments = std::span<const Value>;

void expect_count(Arguments arguments, std::size_t least, std::size_t most) {
  if (arguments.size() >= least && arguments.size() <= most) return;
  throw DecodeError(fmt::format("{} arguments instead of {} to {}", arguments.size(), least, most));
}

/// Reads unsigned numbers off the state that datetime's classes pickle.
class State {
 public:
  State(const Value& state, std::size_t size) : rest_(state.as_bytes()) {
    if (rest_.size() != size) {
      throw DecodeError(fmt::format("a state of {} bytes instead of {}", rest_.size(), size));
    }
  }
  std::int32_t take(std::size_t width) {
    std::int32_t number = 0;
    for (; width > 0; --width) {
      number = number << 8 | static_cast<std::uint8_t>(rest_.front());
      rest_.remove_prefix(1);
    }
    return number;
  }

 private:
  std::string_view rest_;
};

TimeOfDay read_clock(State& state) {
  TimeOfDay time;
  time.hour = state.take(1);
  time.minute = state.take(1);
  time.second = state.take(1);
  time.microsecond = state.take(3);
  return time;
}

std::optional<TimeZone> read_zone(Arguments arguments) {
  if (arguments.size() < 2 || arguments[1].is_null()) return std::nullopt;
  if (const auto* zone = arguments[1].get_if<TimeZone>()) return *zone;
  throw DecodeError("a tzinfo that is a " + arguments[1].type_name());
}

Value make_datetime(Arguments arguments) {
  expect_count(arguments, 1, 2);
  State state(arguments[0], 10);
  DateTime time;
  time.date.year = state.take(2);
  const std::int32_t month = state.take(1);
  time.date.month = month & 0x7f;
  time.date.day = state.take(1);
  time.time = read_clock(state);
  time.time.fold = month >> 7;
  time.time.zone = read_zone(arguments);
  return time;
}

Value make_date(Arguments arguments) {
  expect_count(arguments, 1, 1);
  State state(arguments[0], 4);
  Date date;
  date.year = state.take(2);
  date.month = state.take(1);
  date.day = state.take(1);
  return date;
}

Value make_time(Arguments arguments) {
  expect_count(arguments, 1, 2);
  State state(arguments[0], 6);
  TimeOfDay time = read_clock(state);
  time.fold = time.hour >> 7;
  time.hour &= 0x7f;
  time.zone = read_zone(arguments);
  return time;
}

std::int32_t small_int(const Value& value) {
  const std::int64_t number = value.as_int();
  if (number < 0 || number > 1'000'000)
    throw DecodeError(fmt::format("{} is out of range", number));
  return static_cast<std::int32_t>(number);
}

Value make_delta(Arguments arguments) {
  expect_count(arguments, 3, 3);
  return TimeDelta{arguments[0].as_int(), small_int(arguments[1]), small_int(arguments[2])};
}

Value make_zone(Arguments arguments) {
  expect_count(arguments, 1, 2);
  const auto* offset = arguments[0].get_if<TimeDelta>();
  if (offset == nullptr) throw DecodeError("an offset that is a " + arguments[0].type_name());
  return TimeZone{*offset, arguments.size() > 1 ? arguments[1].as_string() : std::string()};
}

Value make_decimal(Arguments arguments) {
  expect_count(arguments, 1, 1);
  return Decimal{arguments[0].as_string()};
}

/// Protocol 2 has no bytes: they travel as text, one character for each byte.
std::string from_latin1(Arguments arguments) {
  expect_count(arguments, 2, 2);
  const std::string& encoding = arguments[1].as_string();
  if (encoding != "latin1" && encoding != "latin-1") {
    throw DecodeError("an encoding other than latin1");
  }
  std::string_view text = arguments[0].as_string();
  std::string bytes;
  bytes.reserve(text.size());
  while (!text.empty()) {
    const base::Utf8Char character = base::first_char(text);
    if (character.length == 0 || character.code > 0xff) throw DecodeError("text beyond latin1");
    bytes += static_cast<char>(character.code);
    text.remove_prefix(character.length);
  }
  return bytes;
}

Value encode_latin1(Arguments arguments) { return Bytes{from_latin1(arguments)}; }

std::string bytes_of(Arguments arguments) {
  expect_count(arguments, 0, 2);
  if (arguments.empty()) return {};
  return arguments.size() == 1 ? arguments[0].as_bytes() : from_latin1(arguments);
}

Value make_bytes(Arguments arguments) { return Bytes{bytes_of(arguments)}; }
Value make_bytearray(Arguments arguments) { return ByteArray{bytes_of(arguments)}; }

Value::Items items_of(Arguments arguments) {
  expect_count(arguments, 0, 1);
  if (arguments.empty()) return {};
  const auto items = arguments[0].items();
  return {items.begin(), items.end()};
}

Value make_set(Arguments arguments) { return Value::set(items_of(arguments)); }
Value make_frozenset(Arguments arguments) { return Value::frozenset(items_of(arguments)); }

struct Known {
  std::string_view module;
  std::string_view name;
  Value (*make)(Arguments);
};

// `__builtin__` is the name that protocol 2 uses.
constexpr std::array<Known, 15> kKnown{{
    {"datetime", "datetime", make_datetime},
    {"datetime", "date", make_date},
    {"datetime", "time", make_time},
    {"datetime", "timedelta", make_delta},
    {"datetime", "timezone", make_zone},
    {"decimal", "Decimal", make_decimal},
    {"_codecs", "encode", encode_latin1},
    {"builtins", "set", make_set},
    {"builtins", "frozenset", make_frozenset},
    {"builtins", "bytearray", make_bytearray},
    {"builtins", "bytes", make_bytes},
    {"__builtin__", "set", make_set},
    {"__builtin__", "frozenset", make_frozenset},
    {"__builtin__", "bytearray", make_bytearray},
    {"__builtin__", "bytes", make_bytes},
}};

bool is(const Opaque& callable, std::string_view module, std::string_view name) {
  return callable.module == module && callable.name == name;
}

/// The best name for what an unknown callable makes. Some callables only wrap the telling one.
Opaque name_result(const Opaque& callable, Arguments arguments) {
  const Opaque* first = arguments.empty() ? nullptr : arguments[0].get_if<Opaque>();
  if (first == nullptr) return callable;
  if (callable.module == "copyreg" || callable.module == "copy_reg") return *first;
  const bool is_getattr =
      is(callable, "builtins", "getattr") || is(callable, "__builtin__", "getattr");
  if (!is_getattr || arguments.size() < 2 || !arguments[1].is_string()) return callable;
  // A class method that makes an instance, like zoneinfo's `_unpickle`, would hide the class.
  if (arguments[1].as_string().starts_with('_')) return *first;
  return {first->module, first->name + "." + arguments[1].as_string()};
}

}  // namespace

Value reduce_global(const Opaque& callable, Arguments arguments) {
  const auto known = std::find_if(kKnown.begin(), kKnown.end(), [&](const Known& each) {
    return is(callable, each.module, each.name);
  });
  if (known == kKnown.end()) return name_result(callable, arguments);
  for (const Value& argument : arguments) {
    const Opaque* opaque = argument.get_if<Opaque>();
    if (opaque != nullptr) return *opaque;  // A datetime in an unknown zone is as unknown.
  }
  try {
    return known->make(arguments);
  } catch (const Error& error) {
    throw DecodeError(fmt::format("{}.{}: {}", callable.module, callable.name, error.what()));
  }
}

bool is_uuid_class(const Opaque& callable) { return is(callable, "uuid", "UUID"); }

Value build_uuid(const Value& state) {
  const Value& number = state.at("int");
  const auto* big = number.get_if<BigInteger>();
  std::string bytes =
      to_twos_complement(big != nullptr ? big->digits : fmt::format_int(number.as_int()).str());
  const bool negative = !bytes.empty() && (static_cast<std::uint8_t>(bytes.back()) & 0x80U) != 0;
  if (bytes.size() == 17 && bytes.back() == '\0') bytes.pop_back();
  if (negative || bytes.size() > 16) throw DecodeError("uuid.UUID: a number beyond 128 bits");
  Uuid uuid;
  std::copy(bytes.begin(), bytes.end(), uuid.bytes.rbegin());
  return uuid;
}

}  // namespace rqpp::codec
