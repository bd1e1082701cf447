#include "codec/pickle_reader.h"

#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "base/utf8.h"
#include "codec/integer_text.h"
#include "codec/pickle_globals.h"
#include "codec/pickle_opcodes.h"

namespace rqpp::codec {

Value read_pickle(std::string_view bytes, std::size_t memory_limit) {
  PickleReader reader(bytes, memory_limit);
  try {
    return reader.read();
  } catch (const Error& error) {
    throw DecodeError(
        fmt::format("cannot read pickle: {} at byte {}", error.what(), reader.position()));
  }
}

Value PickleReader::read() {
  if (bytes_.size() > kMaxSerializedBytes) fail("more bytes than Redis holds");
  if (bytes_.empty() || static_cast<std::uint8_t>(bytes_[0]) != op::kProto) {
    fail("no 0x80, so this is no pickle of protocol 2 to 5,");
  }
  for (;;) {
    start_ = at_;
    const auto opcode = static_cast<std::uint8_t>(take_number(1));
    if (opcode == op::kStop) break;
    step(opcode);
  }
  Value value = pop_value();
  if (value.expanded_size() > limit_) fail("shared parts multiply too far");
  return value;
}

// Bytes.

std::string_view PickleReader::take_bytes(std::uint64_t length) {
  if (length > bytes_.size() - at_) fail("the input is cut short");
  const std::string_view taken = bytes_.substr(at_, length);
  at_ += length;
  return taken;
}

std::uint64_t PickleReader::take_number(std::size_t width) {
  const std::string_view taken = take_bytes(width);
  std::uint64_t number = 0;
  for (std::size_t i = width; i-- > 0;) {
    number = number << 8 | static_cast<std::uint8_t>(taken[i]);
  }
  return number;
}

std::string_view PickleReader::take_line() {
  const std::size_t end = bytes_.find('\n', at_);
  if (end == std::string_view::npos) fail("the input is cut short");
  const std::string_view line = take_bytes(end - at_);
  at_ += 1;
  return line;
}

void PickleReader::check_protocol() {
  const std::uint64_t protocol = take_number(1);
  if (protocol < 2 || protocol > 5) {
    fail(fmt::format("protocol {}; only 2 to 5 are supported", protocol));
  }
}

void PickleReader::skip_frame() {
  if (take_number(8) > bytes_.size() - at_) fail("a frame longer than the input");
}

// Pushing.

void PickleReader::push(Value value) {
  charge(value.depth() > 0 ? sizeof(Value) : value.expanded_size());
  stack_.emplace_back().value = std::move(value);
}

void PickleReader::open(SlotKind kind) {
  charge(sizeof(Slot));
  stack_.emplace_back().kind = kind;
}

void PickleReader::push_text(std::size_t width) {
  const std::string_view text = take_bytes(take_number(width));
  if (base::find_invalid_utf8(text) != std::string_view::npos) fail("a str that is not UTF-8");
  push(text);
  stack_.back().kind = SlotKind::text;
  stack_.back().start = start_;
}

void PickleReader::push_long(std::uint64_t length) {
  const std::string_view bytes = take_bytes(length);
  if (bytes.size() > 8) return push(BigInteger{from_twos_complement(bytes)});
  const bool negative = !bytes.empty() && (static_cast<std::uint8_t>(bytes.back()) & 0x80U) != 0;
  std::uint64_t number = negative ? ~std::uint64_t{0} : 0;
  for (std::size_t i = bytes.size(); i-- > 0;) {
    number = number << 8 | static_cast<std::uint8_t>(bytes[i]);
  }
  push_int(number);
}

void PickleReader::push_real() {
  std::uint64_t bits = 0;
  for (const char byte : take_bytes(8)) bits = bits << 8 | static_cast<std::uint8_t>(byte);
  double number = 0;
  std::memcpy(&number, &bits, sizeof number);
  push(number);
}

// Popping.

PickleReader::Slot& PickleReader::top() {
  if (stack_.empty()) fail("an empty stack");
  return stack_.back();
}

Value PickleReader::pop_value() {
  Value value = finish(top());
  stack_.pop_back();
  return value;
}

void PickleReader::discard_top() {
  if (top().kind == SlotKind::mark) marks_.pop_back();
  stack_.pop_back();
}

void PickleReader::duplicate_top() {
  freeze(top());
  Slot copy = stack_.back();
  charge(copy.value.depth() > 0 ? sizeof(Value) : copy.value.expanded_size());
  stack_.push_back(std::move(copy));
}

std::size_t PickleReader::last_mark() {
  if (marks_.empty()) fail("no mark on the stack");
  return marks_.back();
}

Value::Items PickleReader::pop_items(std::size_t from) {
  Value::Items items;
  items.reserve(stack_.size() - from);
  for (std::size_t i = from; i < stack_.size(); ++i) items.push_back(finish(stack_[i]));
  stack_.resize(from);
  return items;
}

Value::Items PickleReader::pop_last(std::size_t count) {
  if (stack_.size() < count) fail("too few values on the stack");
  return pop_items(stack_.size() - count);
}

Value::Items PickleReader::pop_marked() {
  const std::size_t mark = last_mark();
  auto items = pop_items(mark + 1);
  stack_.pop_back();
  marks_.pop_back();
  return items;
}

Value PickleReader::finish(Slot& slot) {
  Value value;
  switch (slot.kind) {
    case SlotKind::value:
    case SlotKind::text:
    case SlotKind::global:
      return std::move(slot.value);
    case SlotKind::mark:
      fail("a mark where a value belongs");
    case SlotKind::list:
      value = Value::list(std::move(slot.filling));
      break;
    case SlotKind::dict:
      value = make_dict(std::move(slot.filling));
      break;
    case SlotKind::set:
      value = make_set(std::move(slot.filling));
      break;
    case SlotKind::uuid:
      value = Opaque{"uuid", "UUID"};
      break;
  }
  settle(slot.memo, value);
  return value;
}

// Somebody refers to a container a second time. It may wait on the stack, complete, or be in the
// middle of being filled; then it is about to hold itself, and `append` will find it frozen.
void PickleReader::freeze(Slot& slot) {
  if (is_finished(slot.kind)) return;
  if (slot.kind == SlotKind::uuid) fail("a reference to an object without state");
  slot.value = finish(slot);
  slot.kind = SlotKind::value;
  slot.memo = kNoMemo;
}

// References to a container that was memoized while it was being filled find it from now on.
void PickleReader::settle(std::size_t memo, const Value& value) {
  if (memo == kNoMemo) return;
  memo_[memo] = {MemoKind::shared, shared_.size()};
  shared_.push_back({SlotKind::value, value});
}

// Containers.

// Keys are compared, which walks them once more.
void PickleReader::charge_keys(std::span<const Value> keys) {
  for (const Value& key : keys) charge(key.expanded_size());
}

Value PickleReader::make_dict(Value::Items flat) {
  if (flat.size() % 2 != 0) fail("a key without a value");
  Value::Pairs pairs;
  pairs.reserve(flat.size() / 2);
  for (std::size_t i = 0; i < flat.size(); i += 2) {
    charge(flat[i].expanded_size());
    pairs.emplace_back(std::move(flat[i]), std::move(flat[i + 1]));
  }
  return Value::dict(std::move(pairs));
}

Value PickleReader::make_set(Value::Items items) {
  charge_keys(items);
  return Value::set(std::move(items));
}

Value PickleReader::make_frozenset(Value::Items items) {
  charge_keys(items);
  return Value::frozenset(std::move(items));
}

void PickleReader::append(SlotKind kind, Value::Items items) {
  Slot& target = top();
  if (target.value.kind() == Value::Kind::opaque) return;  // Of a subclass, only the name is kept.
  if (target.value.depth() > 0) fail("a container that holds itself");
  if (target.kind != kind) fail("items for something that takes none");
  if (target.filling.empty()) {
    target.filling = std::move(items);
  } else {
    for (Value& item : items) target.filling.push_back(std::move(item));
  }
}

void PickleReader::set_items(Value::Items items) {
  if (items.size() % 2 != 0) fail("a key without a value");
  append(SlotKind::dict, std::move(items));
}

// The memo.

void PickleReader::put(std::uint64_t index) {
  Slot& slot = top();
  // Picklers number from 0, and each number takes bytes: a larger one only wastes memory.
  if (index > at_) fail(fmt::format("memo index {} is out of order", index));
  if (index >= memo_.size()) {
    charge((index + 1 - memo_.size()) * sizeof(Memo));
    memo_.resize(index + 1);
  }
  Memo& memo = memo_[index];
  if (slot.kind == SlotKind::mark) fail("a mark cannot be memoized");
  if (slot.kind == SlotKind::text) {
    memo = {MemoKind::text, slot.start};
  } else if (is_finished(slot.kind)) {
    charge(slot.value.depth() > 0 ? sizeof(Shared) : slot.value.expanded_size());
    memo = {MemoKind::shared, shared_.size()};
    shared_.push_back({slot.kind, slot.value});
  } else {
    memo = {MemoKind::unfinished, stack_.size() - 1};
    slot.memo = index;
  }
}

void PickleReader::get(std::uint64_t index) {
  if (index < memo_.size() && memo_[index].kind == MemoKind::unfinished) {
    const std::size_t place = memo_[index].index;
    if (place < stack_.size() && stack_[place].memo == index) freeze(stack_[place]);
  }
  const Memo memo = index < memo_.size() ? memo_[index] : Memo{};
  switch (memo.kind) {
    case MemoKind::empty:
    case MemoKind::unfinished:
      fail(fmt::format("nothing is memoized as {}", index));
    case MemoKind::text: {
      const std::size_t next = std::exchange(at_, memo.index);
      start_ = memo.index;  // Where the text stands, should it be memoized again.
      const std::uint64_t opcode = take_number(1);
      push_text(opcode == op::kShortBinUnicode ? 1 : (opcode == op::kBinUnicode ? 4 : 8));
      at_ = next;
      return;
    }
    case MemoKind::shared: {
      push(shared_[memo.index].value);
      stack_.back().kind = shared_[memo.index].kind;
      return;
    }
  }
}

// Objects.

void PickleReader::push_global(std::string_view module, std::string_view name) {
  charge(module.size() + name.size());
  push(Opaque{std::string(module), std::string(name)});
  stack_.back().kind = SlotKind::global;
}

void PickleReader::reduce() {
  const Value arguments = pop_value();
  const bool is_global = top().kind == SlotKind::global;
  const Value callable = pop_value();
  const auto* name = callable.get_if<Opaque>();
  if (name == nullptr) fail(fmt::format("a call of a {}", callable.type_name()));
  if (arguments.kind() != Value::Kind::tuple) fail("a call without a tuple of arguments");
  charge(arguments.expanded_size());
  push(is_global ? reduce_global(*name, arguments.items()) : callable);
}

void PickleReader::new_object() {
  const Value arguments = pop_value();
  const bool is_global = top().kind == SlotKind::global;
  const Value type = pop_value();
  const auto* name = type.get_if<Opaque>();
  if (name == nullptr) fail(fmt::format("a new object of a {}", type.type_name()));
  if (is_global && is_uuid_class(*name)) return open(SlotKind::uuid);
  push(type);
}

void PickleReader::build() {
  const Value state = pop_value();
  Slot& object = top();
  if (object.kind == SlotKind::uuid) {
    object.value = build_uuid(state);
    object.kind = SlotKind::value;
    settle(object.memo, object.value);
  } else if (object.value.kind() != Value::Kind::opaque) {
    fail(fmt::format("a state for a {}", object.value.type_name()));
  }
}

}  // namespace rqpp::codec
