#include "support/slow_log.h"

#include <cstdlib>
#include <utility>

namespace rqpp::test {
namespace {

// The last word of a call with more than 32: `... (968 more arguments)`.
constexpr std::string_view kMoreBegin = "... (";
constexpr std::string_view kMoreEnd = " more arguments)";

}  // namespace

void log_slower_than(redis::Connection& connection, std::chrono::microseconds duration) {
  redis::Batch batch;
  batch.add("CONFIG", "SET", "slowlog-log-slower-than", duration.count());
  batch.add("SLOWLOG", "RESET");
  connection.run(batch);
}

ExecutedCall read_logged_call(const redis::Reply& entry) {
  ExecutedCall call;
  call.duration = std::chrono::microseconds(entry.elements.at(2).number);
  for (const redis::Reply& word : entry.elements.at(3).elements) call.words.push_back(word.text);
  call.word_count = call.words.size();
  if (call.words.empty()) return call;
  const std::string& last = call.words.back();
  if (last.starts_with(kMoreBegin) && last.ends_with(kMoreEnd)) {
    call.word_count += std::strtoull(last.c_str() + kMoreBegin.size(), nullptr, 10) - 1;
    call.words.pop_back();
  }
  return call;
}

std::vector<ExecutedCall> take_slow_log(redis::Connection& connection) {
  redis::Batch batch;
  batch.add("SLOWLOG", "GET", -1);
  batch.add("SLOWLOG", "RESET");
  const auto replies = connection.run(batch.atomic());
  std::vector<ExecutedCall> calls;
  for (const redis::Reply& entry : replies.at(0).elements) {
    ExecutedCall call = read_logged_call(entry);
    // Of a call that waited until its client went Redis has no words any more.
    if (!call.words.empty()) calls.push_back(std::move(call));
  }
  return calls;
}

}  // namespace rqpp::test
