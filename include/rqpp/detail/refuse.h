#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include <rqpp/error.h>
#include <rqpp/value.h>

// What all conversions share, compiled once in the library: reading the plain kinds, and the texts
// of refusals.
namespace rqpp::detail {

/// Throws DecodeError: `expected <expected>, got str 'abc'`.
[[noreturn]] void refuse(std::string_view expected, const Value& got);
/// Throws DecodeError with the text of `error` behind `item 3: `; items count from 1.
[[noreturn]] void refuse_item(std::size_t item, const DecodeError& error);
/// Throws DecodeError with the text of `error` behind `key 'x': `.
[[noreturn]] void refuse_under_key(const Value& key, const DecodeError& error);
[[noreturn]] void refuse_under_key(std::string_view key, const DecodeError& error);
/// Throws DecodeError with the text of `error` behind `dict key: `.
[[noreturn]] void refuse_key(const DecodeError& error);
[[noreturn]] void refuse_missing_key(std::string_view type, std::string_view key);

bool read_bool(const Value& value);
/// `type` is the C++ name of the integer type, for the text of a refusal.
std::int64_t read_signed(const Value& value, std::int64_t lowest, std::int64_t highest,
                         std::string_view type);
std::uint64_t read_unsigned(const Value& value, std::uint64_t highest, std::string_view type);
double read_real(const Value& value, double highest, std::string_view type);
const std::string& read_string(const Value& value);
const std::string& read_bytes(const Value& value);
/// The items of a list or a tuple.
std::span<const Value> read_sequence(const Value& value);
/// The items of a list or a tuple with this many items.
std::span<const Value> read_sequence(const Value& value, std::size_t count);
/// The items of a set or a frozenset; of a list or a tuple too, since JSON has no sets.
std::span<const Value> read_set(const Value& value);
std::span<const Value::Pair> read_dict(const Value& value);
/// Checks that `value` is a dict with str keys, all of them among `keys`.
void check_keys(const Value& value, std::string_view type, std::span<const std::string_view> keys);
/// The place of an enumerator's name among `names`.
std::size_t read_name(const Value& value, std::string_view type,
                      std::span<const std::string_view> names);

}  // namespace rqpp::detail
