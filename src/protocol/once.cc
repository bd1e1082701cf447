#include "protocol/once.h"

#include <iterator>
#include <utility>

#include "protocol/keys.h"
#include "protocol/scripts.h"

namespace rqpp::protocol {
namespace {

using BatchCommand = redis::Batch::Command;
using Words = std::vector<std::string>;

/// What a script call has in front of its arguments if it has no keys: EVALSHA, its hash, 0.
constexpr std::ptrdiff_t kWordsBeforeArguments = 3;

/// Whether a script without keys takes the count of writes as its key and a number as its last
/// word.
bool can_be_numbered(const redis::Script& script) {
  return &script == &scripts::defer || &script == &scripts::wait_for_slot;
}

/// A call of replace_job.lua apart, whose arguments have places for the count of writes.
struct ReplaceCall {
  Words keys{};
  Words args{};
};

ReplaceCall read_replace_call(BatchCommand command) {
  const auto keys = command.args.begin() + kWordsBeforeArguments;
  const auto args = keys + std::stoi(command.args[kWordsBeforeArguments - 1]);
  return {.keys = {std::make_move_iterator(keys), std::make_move_iterator(args)},
          .args = {std::make_move_iterator(args), std::make_move_iterator(command.args.end())}};
}

/// Calls its scripts by their texts: a write that Redis gets behind one with a higher number counts
/// as executed.
class OnceWriter {
 public:
  explicit OnceWriter(NumberedWrites& writes)
      : writes_(writes), count_key_(keys::write_count(writes.sender)) {}

  void add(BatchCommand command) {
    if (command.script == nullptr) {
      add_plain(command);
      return;
    }
    plain_ = false;
    if (command.script == &scripts::replace_job) {
      add_replace_call(read_replace_call(std::move(command)));
      return;
    }
    const auto arguments = command.args.begin() + kWordsBeforeArguments;
    Words args(std::make_move_iterator(arguments), std::make_move_iterator(command.args.end()));
    if (can_be_numbered(*command.script)) {
      args.push_back(std::to_string(++writes_.last));
      batch_.call(*command.script, {count_key_}, args, redis::CallBy::text);
    } else {
      // It does the same when it is sent again.
      batch_.call(*command.script, {args.front()}, {args.begin() + 1, args.end()});
    }
  }

  redis::Batch take() { return std::move(batch_); }

 private:
  void add_replace_call(ReplaceCall call) {
    constexpr std::size_t kCount = 6;  // ARGV[7], and the two behind it
    call.args[kCount] = count_key_;
    call.args[kCount + 1] = std::to_string(++writes_.last);
    call.args[kCount + 2] = "1";
    batch_.call(scripts::replace_job, call.keys, call.args, redis::CallBy::text);
  }

  void add_plain(const BatchCommand& command) {
    if (!std::exchange(plain_, true)) {
      batch_.call(scripts::once, {count_key_}, {std::to_string(++writes_.last)},
                  redis::CallBy::text);
    }
    batch_.more(command.args.size());
    batch_.more_of(command.args);
  }

  NumberedWrites& writes_;
  std::string count_key_;
  redis::Batch batch_{};
  bool plain_ = false;  // the last call is one that takes plain commands
};

}  // namespace

redis::Batch enqueue_once(const JobRecord& job, Position position, NumberedWrites& writes) {
  OnceWriter writer(writes);
  for (BatchCommand& command : enqueue({&job, 1}, position).commands())
    writer.add(std::move(command));
  return writer.take();
}

}  // namespace rqpp::protocol
