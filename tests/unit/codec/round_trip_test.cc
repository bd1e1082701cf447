// Whatever value can be made is written and read back equal.

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "base/utf8.h"
#include "codec/base64.h"
#include "codec/calendar.h"
#include "codec/compress.h"
#include "codec/json.h"
#include "codec/pickle.h"
#include "codec/timestamp.h"
#include "codec/wire_call.h"
#include "print_value.h"

namespace rqpp::codec {
namespace {

std::string any_text() {
  std::string text;
  const auto codes = *rc::gen::container<std::vector<std::uint32_t>>(rc::gen::oneOf(
      rc::gen::inRange<std::uint32_t>(0, 0x80), rc::gen::inRange<std::uint32_t>(0x80, 0xd800),
      rc::gen::inRange<std::uint32_t>(0xe000, 0x110000)));
  for (const auto code : codes) base::append_utf8(text, code);
  return text;
}

std::string any_bytes() { return *rc::gen::arbitrary<std::string>(); }

Value any_integer() {
  if (*rc::gen::inRange(0, 3) > 0) return *rc::gen::arbitrary<std::int64_t>();
  std::string digits = *rc::gen::element<std::string>("-1", "9", "-7");
  const int length = *rc::gen::inRange(15, 60);
  for (int i = 0; i < length; ++i) digits += static_cast<char>('0' + *rc::gen::inRange(0, 10));
  return BigInteger{digits};
}

Value any_double() {
  const auto number = *rc::gen::arbitrary<double>();
  return *rc::gen::element(number, number * 1e300, number * 1e-300, 0.0, INFINITY, NAN);
}

TimeDelta any_offset() {
  return TimeDelta::from(
      std::chrono::microseconds(*rc::gen::inRange<std::int64_t>(-86'399'999'999, 86'400'000'000)));
}

DateTime any_datetime() {
  constexpr std::int64_t kFirst = -62'135'596'800'000'000;
  constexpr std::int64_t kEnd = 253'402'300'800'000'000;
  const Time time(std::chrono::microseconds(*rc::gen::inRange(kFirst, kEnd)));
  DateTime parts = utc_parts(time);
  parts.time.fold = *rc::gen::inRange(0, 2);
  if (*rc::gen::arbitrary<bool>()) parts.time.zone = TimeZone{any_offset(), any_text()};
  return parts;
}

Value any_time_value() {
  const DateTime parts = any_datetime();
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return parts;
    case 1:
      return parts.date;
    case 2:
      return parts.time;
    case 3:
      return any_offset();
    default:
      return TimeZone{any_offset(), any_text()};
  }
}

Value any_uuid() {
  Uuid uuid;
  for (auto& byte : uuid.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
  return uuid;
}

Value any_json_plain() {
  switch (*rc::gen::inRange(0, 5)) {
    case 0:
      return nullptr;
    case 1:
      return *rc::gen::arbitrary<bool>();
    case 2:
      return any_integer();
    case 3:
      return any_double();
    default:
      return any_text();
  }
}

Value any_plain() {
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return Bytes{any_bytes()};
    case 1:
      return any_time_value();
    case 2:
      return any_uuid();
    case 3:
      return Decimal{*rc::gen::element<std::string>("1.50", "-0E-7", "NaN", "Infinity")};
    default:
      return any_json_plain();
  }
}

Value any_value(int depth);

/// What Python can hash.
Value any_key(int depth) {
  const int choice = *rc::gen::inRange(0, 6);
  if (depth == 0 || choice > 1) return any_plain();
  Value::Items items;
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) items.push_back(any_key(depth - 1));
  return choice == 0 ? Value::tuple(items) : Value::frozenset(items);
}

Value any_value(int depth) {
  const int choice = *rc::gen::inRange(0, 10);
  if (depth == 0 || choice > 5) return choice == 6 ? Value(ByteArray{any_bytes()}) : any_plain();
  const int count = *rc::gen::inRange(0, 6);
  Value::Items items;
  Value::Pairs pairs;
  for (int i = 0; i < count; ++i) {
    if (choice < 2) {
      items.push_back(any_value(depth - 1));
    } else if (choice < 4) {
      items.push_back(any_key(depth - 1));
    } else {
      pairs.emplace_back(any_key(depth - 1), any_value(depth - 1));
    }
  }
  switch (choice) {
    case 0:
      return Value::list(std::move(items));
    case 1:
      return Value::tuple(std::move(items));
    case 2:
      return Value::set(std::move(items));
    case 3:
      return Value::frozenset(std::move(items));
    default:
      return Value::dict(std::move(pairs));
  }
}

Value any_json(int depth) {
  const int choice = *rc::gen::inRange(0, 4);
  if (depth == 0 || choice > 1) return any_json_plain();
  const int count = *rc::gen::inRange(0, 6);
  Value::Items items;
  Value::Pairs pairs;
  for (int i = 0; i < count; ++i) {
    if (choice == 0) {
      items.push_back(any_json(depth - 1));
    } else {
      pairs.emplace_back(any_text(), any_json(depth - 1));
    }
  }
  return choice == 0 ? Value::list(std::move(items)) : Value::dict(std::move(pairs));
}

RC_GTEST_PROP(RoundTrip, OfPickle, ()) {
  const Value value = any_value(4);
  RC_ASSERT(read_pickle(write_pickle(value)) == value);
}

RC_GTEST_PROP(RoundTrip, OfPickleKeepsTheRepr, ()) {
  const Value value = any_value(3);
  RC_ASSERT(read_pickle(write_pickle(value)).repr() == value.repr());
}

RC_GTEST_PROP(RoundTrip, OfJson, ()) {
  const Value value = any_json(4);
  RC_ASSERT(read_json(write_json(value)) == value);
}

RC_GTEST_PROP(RoundTrip, OfCalls, ()) {
  Call call;
  call.function = any_text();
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) call.args.push_back(any_json(2));
  if (*rc::gen::arbitrary<bool>()) call.kwargs.emplace_back(any_text(), any_json(2));
  for (const auto serializer : {Serializer::pickle, Serializer::json}) {
    RC_ASSERT(decode_call(encode_call(call, serializer)).call == call);
  }
}

RC_GTEST_PROP(RoundTrip, OfBase64, ()) {
  const std::string bytes = any_bytes();
  RC_ASSERT(decode_base64(encode_base64(bytes)) == bytes);
}

RC_GTEST_PROP(RoundTrip, OfZlib, ()) {
  const std::string bytes = any_bytes() + std::string(*rc::gen::inRange<std::size_t>(0, 5000), 'x');
  RC_ASSERT(inflate(deflate(bytes)) == bytes);
}

RC_GTEST_PROP(RoundTrip, OfTimestamps, ()) {
  DateTime parts = any_datetime();
  parts.time.zone.reset();
  const Time time = parts.to_time();
  RC_ASSERT(parse_iso(format_iso(time)) == time);
}

RC_GTEST_PROP(PythonEquality, IsWhatSetsGoBy, ()) {
  const Value a = any_key(2);
  const Value b = any_key(2);
  const std::size_t expected = Value::python_equal(a, b) ? 1 : 2;
  RC_ASSERT(Value::set({a, b}).items().size() == expected);
  RC_ASSERT(Value::dict({{a, 1}, {b, 2}}).pairs().size() == expected);
}

}  // namespace
}  // namespace rqpp::codec
