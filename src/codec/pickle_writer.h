#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <rqpp/call.h>
#include <rqpp/value.h>

namespace rqpp::codec {

/// Writes the opcodes of one pickle (see `write_pickle`). A call is written without a Value made of
/// it first.
class PickleWriter {
 public:
  /// Throws InvalidArgument once the pickle has more than `limit` bytes.
  explicit PickleWriter(std::size_t limit);

  void write(const Value& value);
  void write_call(const Call& call);
  std::string finish() &&;

 private:
  void byte(std::uint8_t value) { out_ += static_cast<char>(value); }
  void little_endian(std::uint64_t number, std::size_t width);
  void sized(std::uint8_t short_opcode, std::uint8_t long_opcode, std::string_view bytes);
  void write_int(std::int64_t number);
  void write_long(std::string_view twos_complement);
  void write_real(double number);
  void write_text(std::string_view text);
  void write_list(const Value& value);
  void write_tuple(std::span<const Value> items);
  void write_dict(const Value& value);
  void write_set(const Value& value);
  void write_global(std::string_view module, std::string_view name);
  void write_bytearray(std::string_view bytes);
  void write_date(const Date& date);
  void write_time(const TimeOfDay& time);
  void write_datetime(const DateTime& time);
  void write_delta(const TimeDelta& duration);
  void write_zone(const TimeZone& zone);
  void reduce_with_zone(const std::optional<TimeZone>& zone);
  void write_decimal(const Decimal& number);
  void write_uuid(const Uuid& uuid);

  std::size_t limit_;
  std::string out_;
};

}  // namespace rqpp::codec
