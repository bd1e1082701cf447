#include <rqpp/value.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>

#include <fmt/format.h>

#include <rqpp/error.h>

#include "codec/calendar.h"
#include "codec/integer_text.h"
#include "codec/number_text.h"
#include "codec/repr.h"

namespace rqpp {
namespace {

// Reached by sharing only: so much real memory nobody puts into a job.
constexpr std::size_t kMaxExpanded = std::size_t{1} << 34;

constexpr std::array<std::string_view, 20> kTypeNames{"NoneType",
                                                      "bool",
                                                      "int",
                                                      "int",
                                                      "float",
                                                      "str",
                                                      "bytes",
                                                      "bytearray",
                                                      "list",
                                                      "tuple",
                                                      "dict",
                                                      "set",
                                                      "frozenset",
                                                      "datetime.date",
                                                      "datetime.time",
                                                      "datetime.datetime",
                                                      "datetime.timedelta",
                                                      "datetime.timezone",
                                                      "decimal.Decimal",
                                                      "uuid.UUID"};

[[noreturn]] void throw_expected(std::string_view expected, const Value& got) {
  if (got.is_null()) throw DecodeError(fmt::format("expected {}, got None", expected));
  throw DecodeError(
      fmt::format("expected {}, got {} {}", expected, got.type_name(), codec::short_repr(got)));
}

bool fits_int64(std::string_view digits, std::int64_t& number) {
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc{} && end == digits.data() + digits.size();
}

template <class Node>
Value::Items take(const std::shared_ptr<const Node>& node) {
  if (!node) return {};
  // The node was made non-const, and the last owner is giving it up.
  if (node.use_count() == 1) return std::move(const_cast<Node&>(*node).items);
  return node->items;
}

}  // namespace

Value::Value(BigInteger number) {
  number.digits = codec::normal_integer(number.digits);
  std::int64_t small = 0;
  if (fits_int64(number.digits, small)) {
    data_ = small;
  } else {
    data_ = std::move(number);
  }
}

Value::Value(Bytes bytes) : data_(std::move(bytes)) {}
Value::Value(ByteArray bytes) : data_(std::move(bytes)) {}
Value::Value(Uuid uuid) : data_(uuid) {}

Value::Value(Date date) {
  codec::check(date);
  data_ = date;
}

Value::Value(TimeOfDay time) {
  codec::check(time);
  data_ = std::make_shared<const TimeOfDay>(std::move(time));
}

Value::Value(DateTime time) {
  codec::check(time.date);
  codec::check(time.time);
  data_ = std::make_shared<const DateTime>(std::move(time));
}

Value::Value(TimeDelta duration) {
  codec::check(duration);
  data_ = duration;
}

Value::Value(TimeZone zone) {
  codec::check(zone);
  data_ = std::make_shared<const TimeZone>(std::move(zone));
}

Value::Value(Decimal number) {
  codec::check_decimal(number.text);
  data_ = std::move(number);
}

Value::Value(Opaque opaque) : data_(std::make_shared<const Opaque>(std::move(opaque))) {}

Value Value::from_unsigned(std::uint64_t number) {
  Value value;
  if (number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
    value.data_ = static_cast<std::int64_t>(number);
  } else {
    value.data_ = BigInteger{fmt::format_int(number).str()};
  }
  return value;
}

void Value::Extent::add(const Value& value) {
  expanded += value.expanded_size();
  depth = std::max(depth, static_cast<std::uint32_t>(value.depth()));
  if (const Extent* inner = value.extent()) {
    opaque = opaque || inner->opaque;
    hashable = hashable && inner->hashable;
  } else {
    opaque = opaque || value.kind() == Kind::opaque;
    hashable = hashable && value.kind() != Kind::bytearray;
  }
  if (value.kind() == Kind::list || value.kind() == Kind::dict || value.kind() == Kind::set) {
    hashable = false;
  }
}

void Value::Extent::check() const {
  if (depth > kMaxDepth) {
    throw InvalidArgument(fmt::format("containers nest deeper than {}", kMaxDepth));
  }
  if (expanded > kMaxExpanded) {
    throw InvalidArgument("shared parts of a value multiply beyond all memory");
  }
}

std::shared_ptr<const Value::Sequence> Value::make_sequence(Items items) {
  if (items.empty()) return nullptr;
  auto node = std::make_shared<Sequence>();
  for (const Value& item : items) node->extent.add(item);
  node->extent.depth += 1;
  node->extent.check();
  node->items = std::move(items);
  return node;
}

std::shared_ptr<const Value::Members> Value::make_members(Items items) {
  if (items.empty()) return nullptr;
  auto node = std::make_shared<Members>();
  for (const Value& item : items) node->extent.add(item);
  if (!node->extent.hashable) throw InvalidArgument("a mutable value cannot be in a set");
  node->extent.depth += 1;
  node->extent.check();
  node->items = std::move(items);
  sort_members(*node);
  return node;
}

Value Value::list(Items items) {
  Value value;
  value.data_ = List{make_sequence(std::move(items))};
  return value;
}

Value Value::tuple(Items items) {
  Value value;
  value.data_ = Tuple{make_sequence(std::move(items))};
  return value;
}

Value Value::set(Items items) {
  Value value;
  value.data_ = Set{make_members(std::move(items))};
  return value;
}

Value Value::frozenset(Items items) {
  Value value;
  value.data_ = FrozenSet{make_members(std::move(items))};
  return value;
}

Value Value::dict(Pairs pairs) {
  Value value;
  value.data_ = Dict{};
  if (pairs.empty()) return value;
  auto node = std::make_shared<Mapping>();
  for (const Pair& pair : pairs) node->extent.add(pair.first);
  if (!node->extent.hashable) throw InvalidArgument("a mutable value cannot be the key of a dict");
  for (const Pair& pair : pairs) node->extent.add(pair.second);
  node->extent.depth += 1;
  node->extent.check();
  node->pairs = std::move(pairs);
  drop_repeated_keys(node->pairs);
  value.data_ = Dict{std::move(node)};
  return value;
}

const Value::Extent* Value::extent() const {
  const auto of = [](const auto& node) { return node ? &node->extent : nullptr; };
  switch (kind()) {
    case Kind::list:
      return of(std::get_if<List>(&data_)->node);
    case Kind::tuple:
      return of(std::get_if<Tuple>(&data_)->node);
    case Kind::dict:
      return of(std::get_if<Dict>(&data_)->node);
    default: {
      const Members* node = members();
      return node == nullptr ? nullptr : &node->extent;
    }
  }
}

const Value::Members* Value::members() const {
  if (const auto* set = std::get_if<Set>(&data_)) return set->node.get();
  if (const auto* set = std::get_if<FrozenSet>(&data_)) return set->node.get();
  return nullptr;
}

std::size_t Value::depth() const {
  if (const Extent* inner = extent()) return inner->depth;
  return kind() >= Kind::list && kind() <= Kind::frozenset ? 1 : 0;
}

std::size_t Value::expanded_size() const {
  if (const Extent* inner = extent()) return sizeof(Value) + inner->expanded;
  switch (kind()) {
    case Kind::big_integer:
      return sizeof(Value) + std::get_if<BigInteger>(&data_)->digits.size();
    case Kind::string:
      return sizeof(Value) + std::get_if<std::string>(&data_)->size();
    case Kind::bytes:
    case Kind::bytearray:
      return sizeof(Value) + as_bytes().size();
    case Kind::decimal:
      return sizeof(Value) + std::get_if<Decimal>(&data_)->text.size();
    case Kind::time:
    case Kind::datetime:
    case Kind::timezone:
      return sizeof(Value) + sizeof(DateTime);
    default:
      return sizeof(Value);
  }
}

std::string Value::type_name() const {
  const auto* opaque = get_if<Opaque>();
  if (opaque == nullptr) return std::string(kTypeNames[data_.index()]);
  const bool builtin =
      opaque->module.empty() || opaque->module == "builtins" || opaque->module == "__builtin__";
  return builtin ? opaque->name : opaque->module + "." + opaque->name;
}

std::string Value::repr() const {
  std::string out;
  codec::append_repr(out, *this);
  return out;
}

bool Value::as_bool() const {
  if (const auto* flag = std::get_if<bool>(&data_)) return *flag;
  throw_expected("a bool", *this);
}

std::int64_t Value::as_int() const {
  if (const auto* number = std::get_if<std::int64_t>(&data_)) return *number;
  throw_expected(kind() == Kind::big_integer ? "an int of 64 bits" : "an int", *this);
}

double Value::as_double() const {
  if (const auto* number = std::get_if<double>(&data_)) return *number;
  if (const auto* number = std::get_if<std::int64_t>(&data_)) return static_cast<double>(*number);
  if (const auto* number = std::get_if<BigInteger>(&data_)) {
    return codec::parse_number(number->digits).value_or(0);
  }
  throw_expected("a float", *this);
}

const std::string& Value::as_string() const {
  if (const auto* text = std::get_if<std::string>(&data_)) return *text;
  throw_expected("a str", *this);
}

const std::string& Value::as_bytes() const {
  if (const auto* bytes = std::get_if<Bytes>(&data_)) return bytes->data;
  if (const auto* bytes = std::get_if<ByteArray>(&data_)) return bytes->data;
  throw_expected("bytes", *this);
}

std::span<const Value> Value::items() const {
  const auto of = [](const auto& node) {
    return node ? std::span<const Value>(node->items) : std::span<const Value>();
  };
  switch (kind()) {
    case Kind::list:
      return of(std::get_if<List>(&data_)->node);
    case Kind::tuple:
      return of(std::get_if<Tuple>(&data_)->node);
    case Kind::set:
    case Kind::frozenset:
      return of(members());
    default:
      throw_expected("a list, tuple or set", *this);
  }
}

Value::Items Value::take_items() && {
  if (auto* list = std::get_if<List>(&data_)) return take(list->node);
  if (auto* tuple = std::get_if<Tuple>(&data_)) return take(tuple->node);
  const auto all = items();
  return {all.begin(), all.end()};
}

std::span<const Value::Pair> Value::pairs() const {
  const auto* dict = std::get_if<Dict>(&data_);
  if (dict == nullptr) throw_expected("a dict", *this);
  if (!dict->node) return {};
  return dict->node->pairs;
}

const Value* Value::find(std::string_view key) const {
  for (const Pair& pair : pairs()) {
    const auto* name = std::get_if<std::string>(&pair.first.data_);
    if (name != nullptr && *name == key) return &pair.second;
  }
  return nullptr;
}

const Value& Value::at(std::string_view key) const {
  if (const Value* value = find(key)) return *value;
  throw DecodeError(fmt::format("no key {} in {}", codec::quoted(key), codec::short_repr(*this)));
}

const Opaque* Value::find_opaque() const {
  if (const auto* opaque = get_if<Opaque>()) return opaque;
  const Extent* inner = extent();
  if (inner == nullptr || !inner->opaque) return nullptr;
  if (kind() == Kind::dict) {
    for (const Pair& pair : pairs()) {
      if (const Opaque* found = pair.first.find_opaque()) return found;
      if (const Opaque* found = pair.second.find_opaque()) return found;
    }
    return nullptr;
  }
  for (const Value& item : items()) {
    if (const Opaque* found = item.find_opaque()) return found;
  }
  return nullptr;
}

}  // namespace rqpp
