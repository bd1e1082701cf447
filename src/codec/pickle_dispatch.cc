// Which opcode does what.

#include <array>

#include <fmt/format.h>

#include "codec/pickle_opcodes.h"
#include "codec/pickle_reader.h"

namespace rqpp::codec {

const char* op::refused_name(std::uint8_t opcode) {
  struct Refused {
    std::uint8_t opcode;
    const char* name;
  };
  constexpr std::array<Refused, 19> kRefused{{
      {'I', "INT"},
      {'L', "LONG"},
      {'F', "FLOAT"},
      {'S', "STRING"},
      {'V', "UNICODE"},
      {'p', "PUT"},
      {'g', "GET"},
      {'U', "SHORT_BINSTRING"},
      {'T', "BINSTRING"},
      {'i', "INST"},
      {'o', "OBJ"},
      {'P', "PERSID"},
      {'Q', "BINPERSID"},
      {0x82, "EXT1"},
      {0x83, "EXT2"},
      {0x84, "EXT4"},
      {0x92, "NEWOBJ_EX"},
      {0x97, "NEXT_BUFFER"},
      {0x98, "READONLY_BUFFER"},
  }};
  for (const auto& each : kRefused) {
    if (each.opcode == opcode) return each.name;
  }
  return nullptr;
}

void PickleReader::step(std::uint8_t opcode) {
  if (step_scalar(opcode) || step_container(opcode) || step_memo(opcode) || step_object(opcode)) {
    return;
  }
  switch (opcode) {
    case op::kProto:
      return check_protocol();
    case op::kFrame:
      return skip_frame();
    case op::kPop:
      return discard_top();
    case op::kPopMark:
      stack_.resize(last_mark());
      return marks_.pop_back();
    case op::kDup:
      return duplicate_top();
    default:
      refuse(opcode);
  }
}

bool PickleReader::step_scalar(std::uint8_t opcode) {
  switch (opcode) {
    case op::kNone:
      return push({}), true;
    case op::kNewTrue:
      return push(true), true;
    case op::kNewFalse:
      return push(false), true;
    case op::kBinInt1:
      return push_int(take_number(1)), true;
    case op::kBinInt2:
      return push_int(take_number(2)), true;
    case op::kBinInt:
      return push(static_cast<std::int32_t>(take_number(4))), true;
    case op::kLong1:
      return push_long(take_number(1)), true;
    case op::kLong4:
      return push_long(take_number(4)), true;
    case op::kBinFloat:
      return push_real(), true;
    case op::kShortBinUnicode:
      return push_text(1), true;
    case op::kBinUnicode:
      return push_text(4), true;
    case op::kBinUnicode8:
      return push_text(8), true;
    case op::kShortBinBytes:
      return push_bytes<Bytes>(1), true;
    case op::kBinBytes:
      return push_bytes<Bytes>(4), true;
    case op::kBinBytes8:
      return push_bytes<Bytes>(8), true;
    case op::kByteArray8:
      return push_bytes<ByteArray>(8), true;
    default:
      return false;
  }
}

bool PickleReader::step_container(std::uint8_t opcode) {
  switch (opcode) {
    case op::kMark:
      marks_.push_back(stack_.size());
      return open(SlotKind::mark), true;
    case op::kEmptyList:
      return open(SlotKind::list), true;
    case op::kEmptyDict:
      return open(SlotKind::dict), true;
    case op::kEmptySet:
      return open(SlotKind::set), true;
    case op::kAppend:
      return append(SlotKind::list, pop_last(1)), true;
    case op::kAppends:
      return append(SlotKind::list, pop_marked()), true;
    case op::kAddItems:
      return append(SlotKind::set, pop_marked()), true;
    case op::kSetItem:
      return set_items(pop_last(2)), true;
    case op::kSetItems:
      return set_items(pop_marked()), true;
    case op::kList:
      return push(Value::list(pop_marked())), true;
    case op::kDict:
      return push(make_dict(pop_marked())), true;
    case op::kFrozenSet:
      return push(make_frozenset(pop_marked())), true;
    case op::kEmptyTuple:
      return push(Value::tuple()), true;
    case op::kTuple1:
    case op::kTuple2:
    case op::kTuple3:
      return push(Value::tuple(pop_last(opcode - op::kTuple1 + 1U))), true;
    case op::kTuple:
      return push(Value::tuple(pop_marked())), true;
    default:
      return false;
  }
}

bool PickleReader::step_memo(std::uint8_t opcode) {
  switch (opcode) {
    case op::kMemoize:
      return put(memo_.size()), true;
    case op::kBinPut:
      return put(take_number(1)), true;
    case op::kLongBinPut:
      return put(take_number(4)), true;
    case op::kBinGet:
      return get(take_number(1)), true;
    case op::kLongBinGet:
      return get(take_number(4)), true;
    default:
      return false;
  }
}

bool PickleReader::step_object(std::uint8_t opcode) {
  switch (opcode) {
    case op::kGlobal: {
      const std::string_view module = take_line();
      const std::string_view name = take_line();
      return push_global(module, name), true;
    }
    case op::kStackGlobal: {
      const auto names = pop_last(2);
      const std::string& module = names[0].as_string();  // its error comes first with any compiler
      return push_global(module, names[1].as_string()), true;
    }
    case op::kReduce:
      return reduce(), true;
    case op::kNewObj:
      return new_object(), true;
    case op::kBuild:
      return build(), true;
    default:
      return false;
  }
}

void PickleReader::refuse(std::uint8_t opcode) const {
  const char* name = op::refused_name(opcode);
  if (name != nullptr) fail(fmt::format("opcode {} is not supported", name));
  fail(fmt::format("unknown opcode 0x{:02x}", opcode));
}

}  // namespace rqpp::codec
