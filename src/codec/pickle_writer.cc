#include "codec/pickle_writer.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include <fmt/format.h>

#include <rqpp/error.h>

#include "base/utf8.h"
#include "codec/integer_text.h"
#include "codec/pickle.h"
#include "codec/pickle_opcodes.h"
#include "codec/repr.h"

namespace rqpp::codec {
namespace {

char low_byte(std::int64_t number) { return static_cast<char>(number & 0xff); }

void append_clock(std::string& state, const TimeOfDay& time, std::int64_t hour_flag) {
  state += low_byte(time.hour | hour_flag);
  state += low_byte(time.minute);
  state += low_byte(time.second);
  for (int shift = 16; shift >= 0; shift -= 8) state += low_byte(time.microsecond >> shift);
}

void append_date(std::string& state, const Date& date, std::int64_t month_flag) {
  state += low_byte(date.year >> 8);
  state += low_byte(date.year);
  state += low_byte(date.month | month_flag);
  state += low_byte(date.day);
}

}  // namespace

std::string write_pickle(const Value& value) {
  PickleWriter writer(kMaxSerializedBytes);
  writer.write(value);
  return std::move(writer).finish();
}

PickleWriter::PickleWriter(std::size_t limit) : limit_(limit) {
  out_.reserve(64);
  byte(op::kProto);
  byte(4);
}

std::string PickleWriter::finish() && {
  byte(op::kStop);
  return std::move(out_);
}

void PickleWriter::write_call(const Call& call) {
  std::size_t depth = 0;
  for (const Value& value : call.args) depth = std::max(depth, value.depth());
  for (const auto& [name, value] : call.kwargs) depth = std::max(depth, value.depth());
  if (depth + 2 > Value::kMaxDepth) {
    throw InvalidArgument(
        fmt::format("an argument nests {} deep; the limit is {}", depth, Value::kMaxDepth - 2));
  }
  byte(op::kMark);
  write_text(call.function);
  byte(op::kNone);
  write_tuple(call.args);
  byte(op::kEmptyDict);
  if (!call.kwargs.empty()) {
    byte(op::kMark);
    for (const auto& [name, value] : call.kwargs) {
      write_text(name);
      write(value);
    }
    byte(op::kSetItems);
  }
  byte(op::kTuple);
}

void PickleWriter::write(const Value& value) {
  if (out_.size() > limit_) {
    throw InvalidArgument(fmt::format("a value takes more than {} bytes as pickle", limit_));
  }
  switch (value.kind()) {
    case Value::Kind::null:
      return byte(op::kNone);
    case Value::Kind::boolean:
      return byte(value.as_bool() ? op::kNewTrue : op::kNewFalse);
    case Value::Kind::integer:
      return write_int(value.as_int());
    case Value::Kind::big_integer:
      return write_long(to_twos_complement(value.get_if<BigInteger>()->digits));
    case Value::Kind::real:
      return write_real(*value.get_if<double>());
    case Value::Kind::string:
      return write_text(value.as_string());
    case Value::Kind::bytes:
      return sized(op::kShortBinBytes, op::kBinBytes, value.as_bytes());
    case Value::Kind::bytearray:
      return write_bytearray(value.as_bytes());
    case Value::Kind::list:
      return write_list(value);
    case Value::Kind::tuple:
      return write_tuple(value.items());
    case Value::Kind::dict:
      return write_dict(value);
    case Value::Kind::set:
    case Value::Kind::frozenset:
      return write_set(value);
    case Value::Kind::date:
      return write_date(*value.get_if<Date>());
    case Value::Kind::time:
      return write_time(*value.get_if<TimeOfDay>());
    case Value::Kind::datetime:
      return write_datetime(*value.get_if<DateTime>());
    case Value::Kind::timedelta:
      return write_delta(*value.get_if<TimeDelta>());
    case Value::Kind::timezone:
      return write_zone(*value.get_if<TimeZone>());
    case Value::Kind::decimal:
      return write_decimal(*value.get_if<Decimal>());
    case Value::Kind::uuid:
      return write_uuid(*value.get_if<Uuid>());
    case Value::Kind::opaque:
      throw InvalidArgument(fmt::format("cannot pickle a {}: only its name was read, not its state",
                                        value.type_name()));
  }
}

void PickleWriter::little_endian(std::uint64_t number, std::size_t width) {
  for (std::size_t i = 0; i < width; ++i) byte(static_cast<std::uint8_t>(number >> (8 * i)));
}

void PickleWriter::sized(std::uint8_t short_opcode, std::uint8_t long_opcode,
                         std::string_view bytes) {
  if (bytes.size() > limit_) {
    throw InvalidArgument(
        fmt::format("a string of {} bytes; a pickle may have {}", bytes.size(), limit_));
  }
  const bool is_short = bytes.size() < 256;
  byte(is_short ? short_opcode : long_opcode);
  little_endian(bytes.size(), is_short ? 1 : 4);
  out_ += bytes;
}

void PickleWriter::write_int(std::int64_t number) {
  if (number >= 0 && number <= 0xff) {
    byte(op::kBinInt1);
    little_endian(static_cast<std::uint64_t>(number), 1);
  } else if (number >= 0 && number <= 0xffff) {
    byte(op::kBinInt2);
    little_endian(static_cast<std::uint64_t>(number), 2);
  } else if (number >= std::numeric_limits<std::int32_t>::min() &&
             number <= std::numeric_limits<std::int32_t>::max()) {
    byte(op::kBinInt);
    little_endian(static_cast<std::uint64_t>(number), 4);
  } else {
    write_long(to_twos_complement(fmt::format_int(number).str()));
  }
}

void PickleWriter::write_long(std::string_view twos_complement) {
  const bool is_short = twos_complement.size() < 256;
  byte(is_short ? op::kLong1 : op::kLong4);
  little_endian(twos_complement.size(), is_short ? 1 : 4);
  out_ += twos_complement;
}

void PickleWriter::write_real(double number) {
  std::uint64_t bits = 0;
  std::memcpy(&bits, &number, sizeof bits);
  byte(op::kBinFloat);
  for (int shift = 56; shift >= 0; shift -= 8) byte(static_cast<std::uint8_t>(bits >> shift));
}

void PickleWriter::write_text(std::string_view text) {
  if (base::find_invalid_utf8(text) != std::string_view::npos) {
    throw InvalidArgument(
        fmt::format("cannot pickle {} as a str: it is not UTF-8. Use Bytes.", codec::quoted(text)));
  }
  sized(op::kShortBinUnicode, op::kBinUnicode, text);
}

void PickleWriter::write_list(const Value& value) {
  byte(op::kEmptyList);
  const auto items = value.items();
  if (items.empty()) return;
  byte(op::kMark);
  for (const Value& item : items) write(item);
  byte(op::kAppends);
}

void PickleWriter::write_tuple(std::span<const Value> items) {
  if (items.size() > 3) byte(op::kMark);
  for (const Value& item : items) write(item);
  constexpr std::uint8_t kShort[] = {op::kEmptyTuple, op::kTuple1, op::kTuple2, op::kTuple3};
  byte(items.size() > 3 ? op::kTuple : kShort[items.size()]);
}

void PickleWriter::write_dict(const Value& value) {
  byte(op::kEmptyDict);
  const auto pairs = value.pairs();
  if (pairs.empty()) return;
  byte(op::kMark);
  for (const auto& [key, item] : pairs) {
    write(key);
    write(item);
  }
  byte(op::kSetItems);
}

void PickleWriter::write_set(const Value& value) {
  const auto items = value.items();
  const bool frozen = value.kind() == Value::Kind::frozenset;
  if (!frozen) byte(op::kEmptySet);
  if (!frozen && items.empty()) return;
  byte(op::kMark);
  for (const Value& item : items) write(item);
  byte(frozen ? op::kFrozenSet : op::kAddItems);
}

void PickleWriter::write_global(std::string_view module, std::string_view name) {
  write_text(module);
  write_text(name);
  byte(op::kStackGlobal);
}

/// Protocol 5 has an opcode for it; 4 calls the class.
void PickleWriter::write_bytearray(std::string_view bytes) {
  write_global("builtins", "bytearray");
  sized(op::kShortBinBytes, op::kBinBytes, bytes);
  byte(op::kTuple1);
  byte(op::kReduce);
}

void PickleWriter::write_date(const Date& date) {
  std::string state;
  append_date(state, date, 0);
  write_global("datetime", "date");
  sized(op::kShortBinBytes, op::kBinBytes, state);
  byte(op::kTuple1);
  byte(op::kReduce);
}

void PickleWriter::reduce_with_zone(const std::optional<TimeZone>& zone) {
  if (zone) write_zone(*zone);
  byte(zone ? op::kTuple2 : op::kTuple1);
  byte(op::kReduce);
}

void PickleWriter::write_time(const TimeOfDay& time) {
  std::string state;
  append_clock(state, time, time.fold << 7);
  write_global("datetime", "time");
  sized(op::kShortBinBytes, op::kBinBytes, state);
  reduce_with_zone(time.zone);
}

void PickleWriter::write_datetime(const DateTime& time) {
  std::string state;
  append_date(state, time.date, time.time.fold << 7);
  append_clock(state, time.time, 0);
  write_global("datetime", "datetime");
  sized(op::kShortBinBytes, op::kBinBytes, state);
  reduce_with_zone(time.time.zone);
}

void PickleWriter::write_delta(const TimeDelta& duration) {
  write_global("datetime", "timedelta");
  write_int(duration.days);
  write_int(duration.seconds);
  write_int(duration.microseconds);
  byte(op::kTuple3);
  byte(op::kReduce);
}

void PickleWriter::write_zone(const TimeZone& zone) {
  write_global("datetime", "timezone");
  write_delta(zone.offset);
  if (!zone.name.empty()) write_text(zone.name);
  byte(zone.name.empty() ? op::kTuple1 : op::kTuple2);
  byte(op::kReduce);
}

void PickleWriter::write_decimal(const Decimal& number) {
  write_global("decimal", "Decimal");
  write_text(number.text);
  byte(op::kTuple1);
  byte(op::kReduce);
}

/// An empty UUID whose state is then set, as its __getstate__ prescribes.
void PickleWriter::write_uuid(const Uuid& uuid) {
  std::string number(uuid.bytes.rbegin(), uuid.bytes.rend());
  number += '\0';
  write_global("uuid", "UUID");
  byte(op::kEmptyTuple);
  byte(op::kNewObj);
  byte(op::kEmptyDict);
  write_text("int");
  write(BigInteger{from_twos_complement(number)});
  byte(op::kSetItem);
  byte(op::kBuild);
}

}  // namespace rqpp::codec
