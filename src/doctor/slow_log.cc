#include "doctor/slow_log.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "doctor/command_line.h"
#include "doctor/pattern.h"

namespace rqpp::doctor {
namespace {

using redis::Reply;

struct SlowCall {
  std::string command{};
  std::string pattern{};
  std::int64_t usec = 0;
  std::int64_t age_seconds = 0;
  std::string client{};
};

/// {id, time, microseconds, words}, and since Redis 4 {…, address, name of the client}.
bool is_entry(const Reply& entry) {
  return entry.elements.size() >= 4 && entry.elements[1].type == Reply::Type::integer &&
         entry.elements[2].type == Reply::Type::integer && entry.elements[3].is_array() &&
         !entry.elements[3].elements.empty();
}

std::string text_at(const Reply& entry, std::size_t place) {
  if (place >= entry.elements.size()) return {};
  return entry.elements[place].text.substr(0, kMostNameBytes);
}

std::vector<std::string> words_of(const Reply& entry) {
  constexpr std::size_t kWordsNeeded = 4;
  std::vector<std::string> words;
  for (const Reply& word : entry.elements[3].elements) {
    if (words.size() == kWordsNeeded) break;
    words.push_back(word.text.substr(0, kMostNameBytes));
  }
  return words;
}

SlowCall read_call(const Reply& entry, std::int64_t now_seconds) {
  const std::vector<std::string> words = words_of(entry);
  const std::string name = pattern_of(text_at(entry, 5));
  return {.command = command_of(words),
          .pattern = pattern_of_call(words),
          .usec = std::max<std::int64_t>(entry.elements[2].number, 0),
          .age_seconds = seconds_since(entry.elements[1].number, now_seconds),
          .client = name.empty() ? text_at(entry, 4) : name};
}

std::vector<SlowCalls> in_groups(const std::vector<SlowCall>& calls) {
  std::set<std::string> patterns;
  for (const SlowCall& call : calls) patterns.insert(call.pattern);
  const auto merged = merge_patterns(patterns);
  std::map<std::pair<std::string, std::string>, SlowCalls> groups;
  for (const SlowCall& call : calls) {
    const std::string& pattern = merged.at(call.pattern);
    SlowCalls& group = groups[{call.command, pattern}];
    if (group.calls == 0 || call.age_seconds < group.age_seconds) {
      group.age_seconds = call.age_seconds;
      group.client = call.client;
    }
    group.command = call.command;
    group.pattern = pattern;
    ++group.calls;
    group.worst_usec = std::max(group.worst_usec, call.usec);
    // A hostile number must not overflow.
    constexpr std::int64_t kMostUsec = std::int64_t{1} << 48;
    group.total_usec += std::min(call.usec, kMostUsec);
  }
  std::vector<SlowCalls> sorted;
  for (auto& [key, group] : groups) sorted.push_back(std::move(group));
  std::stable_sort(sorted.begin(), sorted.end(), [](const SlowCalls& a, const SlowCalls& b) {
    return a.total_usec > b.total_usec;
  });
  return sorted;
}

}  // namespace

std::int64_t seconds_since(std::int64_t then, std::int64_t now) {
  then = std::max<std::int64_t>(then, 0);  // the difference must not overflow
  return now > then ? now - then : 0;
}

SlowLog read_slow_log(const Reply& reply, std::int64_t now_seconds, const std::string& own_name) {
  std::vector<SlowCall> calls;
  for (const Reply& entry : reply.elements) {
    if (!is_entry(entry)) continue;
    if (!own_name.empty() && text_at(entry, 5) == own_name) continue;
    calls.push_back(read_call(entry, now_seconds));
  }
  return {.looked_at = static_cast<std::int64_t>(calls.size()), .calls = in_groups(calls)};
}

std::vector<std::string> slow_keys(const Reply& reply) {
  constexpr std::size_t kMostKeys = 20;
  std::set<std::string> keys;
  for (const Reply& entry : reply.elements) {
    if (!is_entry(entry) || keys.size() == kMostKeys) continue;
    std::string key = key_of_call(words_of(entry));
    // `... (9 more bytes)` stands where Redis has cut a word.
    if (!key.empty() && key.find("... (") == std::string::npos) keys.insert(std::move(key));
  }
  return {keys.begin(), keys.end()};
}

}  // namespace rqpp::doctor
