#include "redis/pipeline.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "redis/request.h"
#include "rqpp/error.h"

namespace rqpp::redis {
namespace {

void append_as_is(const Batch::Encoded& command, std::string& out) {
  append_count(out, command.count);
  out.append(command.words);
}

// EVAL in place of EVALSHA, the text in place of its hash; keys and arguments stay.
void append_by_text(const Batch::Encoded& command, std::string& out) {
  std::string_view rest = command.words;
  take_word(rest);
  take_word(rest);
  append_count(out, command.count);
  append_word(out, "EVAL");
  append_word(out, command.script->text());
  out.append(rest);
}

bool is_unknown_script(const Reply& reply) {
  return reply.is_error() && reply.text.rfind("NOSCRIPT", 0) == 0;
}

}  // namespace

void Pipeline::add(Batch batch, std::chrono::milliseconds timeout, std::string& out) {
  Pending& pending = pending_.emplace_back();
  pending.owned = std::move(batch);
  pending.batch = &pending.owned;
  pending.timeout = timeout;
  enqueue(pending, out);
}

void Pipeline::add_borrowed(const Batch& batch, std::chrono::milliseconds timeout,
                            std::string& out) {
  Pending& pending = pending_.emplace_back();
  pending.batch = &batch;
  pending.timeout = timeout;
  enqueue(pending, out);
}

void Pipeline::enqueue(Pending& pending, std::string& out) {
  const Batch& batch = *pending.batch;
  pending.replies.resize(batch.size());
  if (batch.empty()) return;
  ++in_flight_;
  std::size_t next = 0;
  for (const Batch::Transaction& each : batch.transactions()) {
    // A transaction of one command is that command.
    if (each.end - each.begin == 1) continue;
    enqueue_plain(batch, next, each.begin, out);
    enqueue_transaction(batch, each.begin, each.end, out);
    next = each.end;
  }
  enqueue_plain(batch, next, batch.size(), out);
}

void Pipeline::enqueue_plain(const Batch& batch, std::size_t begin, std::size_t end,
                             std::string& out) {
  if (begin == end) return;
  awaited_.push_back({first_ + pending_.size() - 1, begin, end, false, false, 0});
  for (std::size_t i = begin; i < end; ++i) append_call(batch.encoded(i), out);
}

void Pipeline::enqueue_transaction(const Batch& batch, std::size_t begin, std::size_t end,
                                   std::string& out) {
  awaited_.push_back({first_ + pending_.size() - 1, begin, end, true, false, 0});
  out.append("*1\r\n$5\r\nMULTI\r\n");
  std::unordered_set<const Script*> sent;
  for (std::size_t i = begin; i < end; ++i) {
    const Batch::Encoded command = batch.encoded(i);
    if (command.script != nullptr && sent.insert(command.script).second) {
      append_by_text(command, out);
    } else {
      append_as_is(command, out);
    }
  }
  out.append("*1\r\n$4\r\nEXEC\r\n");
}

void Pipeline::append_call(const Batch::Encoded& command, std::string& out) {
  const bool is_new =
      command.script != nullptr && known_scripts_.insert(command.script->sha()).second;
  if (is_new || command.by == CallBy::text) {
    append_by_text(command, out);
  } else {
    append_as_is(command, out);
  }
}

void Pipeline::take(Reply reply, std::string& out) {
  if (awaited_.empty()) {
    throw DecodeError("Redis sent a reply that answers no command.");
  }
  if (awaited_.front().transaction) {
    take_transaction(std::move(reply));
  } else {
    take_plain(std::move(reply), out);
  }
}

void Pipeline::take_plain(Reply reply, std::string& out) {
  Awaited& awaited = awaited_.front();
  Pending& batch = numbered(awaited.number);
  const std::size_t index = awaited.next++;
  const Batch::Encoded command = batch.batch->encoded(index);
  const Awaited again{awaited.number, index, index + 1, false, true, 0};
  // Once by its text is enough: what the text itself answers is the answer.
  const bool resend = command.script != nullptr && !awaited.resent && is_unknown_script(reply);
  if (awaited.next == awaited.end) awaited_.pop_front();
  if (resend) {
    append_by_text(command, out);
    awaited_.push_back(again);
    return;
  }
  batch.replies[index] = std::move(reply);
  count_answers(batch, 1);
}

// The replies to MULTI, then one QUEUED or error per command, then to EXEC the array of results.
void Pipeline::take_transaction(Reply reply) {
  Awaited& awaited = awaited_.front();
  Pending& batch = numbered(awaited.number);
  const std::span<Reply> replies =
      std::span(batch.replies).subspan(awaited.next, awaited.end - awaited.next);
  const std::size_t position = awaited.replies++;
  if (position <= replies.size()) {
    // Only errors matter: MULTI's is everybody's, a command's own beats EXEC's EXECABORT.
    if (!reply.is_error()) return;
    if (position > 0) {
      replies[position - 1] = std::move(reply);
    } else {
      std::fill(replies.begin(), replies.end(), reply);
    }
    return;
  }
  finish_transaction(replies, std::move(reply));
  awaited_.pop_front();
  count_answers(batch, replies.size());
}

void Pipeline::finish_transaction(std::span<Reply> replies, Reply exec) {
  if (exec.is_array()) {
    if (exec.elements.size() != replies.size()) {
      throw DecodeError("Redis answered a transaction with another number of replies.");
    }
    std::move(exec.elements.begin(), exec.elements.end(), replies.begin());
    return;
  }
  for (Reply& each : replies) {
    if (!each.is_error()) each = exec;
  }
}

void Pipeline::count_answers(Pending& batch, std::size_t answers) {
  batch.answered += answers;
  if (batch.answered == batch.replies.size()) --in_flight_;
}

std::optional<Pipeline::Replies> Pipeline::next() {
  if (pending_.empty() || pending_.front().answered < pending_.front().replies.size()) {
    return std::nullopt;
  }
  Replies replies = std::move(pending_.front().replies);
  pending_.pop_front();
  ++first_;
  return replies;
}

std::optional<std::chrono::milliseconds> Pipeline::timeout() const {
  if (awaited_.empty()) return std::nullopt;
  return pending_[awaited_.front().number - first_].timeout;
}

void Pipeline::disconnect() {
  const auto unanswered = std::find_if(pending_.begin(), pending_.end(), [](const Pending& each) {
    return each.answered < each.replies.size();
  });
  pending_.erase(unanswered, pending_.end());
  awaited_.clear();
  known_scripts_.clear();
  in_flight_ = 0;
}

}  // namespace rqpp::redis
