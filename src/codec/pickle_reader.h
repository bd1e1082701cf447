#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <rqpp/error.h>
#include <rqpp/value.h>

#include "codec/pickle.h"

namespace rqpp::codec {

/// A machine that runs the opcodes of a pickle, but can only build data.
///
/// The stack holds finished values, marks and containers that are still being filled; a container
/// becomes an immutable Value when something else takes it off the stack or refers to it a second
/// time. One that is filled after that holds itself, and is refused.
///
/// Hostile input is bounded three ways: no length is believed before the bytes are there; `charge`
/// limits the memory that pushes and copies may take; and Value itself limits the depth.
class PickleReader {
 public:
  PickleReader(std::string_view bytes, std::size_t memory_limit)
      : bytes_(bytes), limit_(memory_limit), budget_(memory_limit) {
    stack_.reserve(12);
  }

  Value read();
  std::size_t position() const { return start_; }

 private:
  enum class SlotKind : std::uint8_t { value, text, mark, global, list, dict, set, uuid };
  static bool is_finished(SlotKind kind) {
    return kind == SlotKind::value || kind == SlotKind::text || kind == SlotKind::global;
  }
  static constexpr std::size_t kNoMemo = static_cast<std::size_t>(-1);

  struct Slot {
    SlotKind kind = SlotKind::value;
    std::size_t start = 0;         // Of a text: its opcode, so that the memo needs no copy.
    std::size_t memo = kNoMemo;    // Of something unfinished: where references look for it.
    Value value{};                 // Of a global: its name as Opaque.
    std::vector<Value> filling{};  // Of a list, set or dict (keys and values in turn).
  };
  enum class MemoKind : std::uint8_t { empty, unfinished, text, shared };
  struct Memo {
    MemoKind kind = MemoKind::empty;
    std::size_t index = 0;  // Of the slot, the opcode or the shared value.
  };
  struct Shared {
    SlotKind kind = SlotKind::value;
    Value value{};
  };

  [[noreturn]] static void fail(std::string_view what) { throw DecodeError(std::string(what)); }
  void charge(std::size_t bytes) {
    if (bytes > budget_) fail("the value takes too much memory");
    budget_ -= bytes;
  }

  std::uint64_t take_number(std::size_t width);
  std::string_view take_bytes(std::uint64_t length);
  std::string_view take_line();

  void step(std::uint8_t opcode);
  bool step_scalar(std::uint8_t opcode);
  bool step_container(std::uint8_t opcode);
  bool step_memo(std::uint8_t opcode);
  bool step_object(std::uint8_t opcode);
  [[noreturn]] void refuse(std::uint8_t opcode) const;

  void check_protocol();
  void skip_frame();
  void push(Value value);
  void push_int(std::uint64_t number) { push(static_cast<std::int64_t>(number)); }
  template <class T>
  void push_bytes(std::size_t width) {
    push(T{std::string(take_bytes(take_number(width)))});
  }
  void push_text(std::size_t width);
  void push_long(std::uint64_t length);
  void push_real();
  void open(SlotKind kind);

  Slot& top();
  Value pop_value();
  Value finish(Slot& slot);
  Value make_dict(Value::Items flat);
  Value make_set(Value::Items items);
  Value make_frozenset(Value::Items items);
  void charge_keys(std::span<const Value> keys);
  void freeze(Slot& slot);
  void settle(std::size_t memo, const Value& value);
  void discard_top();
  void duplicate_top();
  std::size_t last_mark();
  Value::Items pop_items(std::size_t from);
  Value::Items pop_last(std::size_t count);
  Value::Items pop_marked();
  void append(SlotKind kind, Value::Items items);
  void set_items(Value::Items items);

  void put(std::uint64_t index);
  void get(std::uint64_t index);

  void push_global(std::string_view module, std::string_view name);
  void reduce();
  void new_object();
  void build();

  std::string_view bytes_;
  std::size_t at_ = 0;
  std::size_t start_ = 0;  // Of the current opcode, for errors.
  std::size_t limit_ = 0;
  std::size_t budget_ = 0;
  std::vector<Slot> stack_{};
  std::vector<std::size_t> marks_{};
  std::vector<Memo> memo_{};
  std::vector<Shared> shared_{};
};

}  // namespace rqpp::codec
