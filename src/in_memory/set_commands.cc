#include "in_memory/commands.h"

namespace rqpp::in_memory {
namespace {

redis::Reply add(Keyspace& keys, Words words) {
  Set& set = keys.at<Set>(words[1]);
  std::int64_t added = 0;
  for (const std::string& member : words.subspan(2)) added += set.insert(member).second ? 1 : 0;
  return number(added);
}

redis::Reply remove(Keyspace& keys, Words words) {
  Set* set = keys.find<Set>(words[1]);
  if (set == nullptr) return number(0);
  std::int64_t removed = 0;
  for (const std::string& member : words.subspan(2)) {
    removed += static_cast<std::int64_t>(set->erase(member));
  }
  keys.drop_if_empty<Set>(words[1]);
  return number(removed);
}

redis::Reply size(Keyspace& keys, Words words) {
  const Set* set = keys.find<Set>(words[1]);
  return number(set == nullptr ? 0 : static_cast<std::int64_t>(set->size()));
}

bool contains(const Set* set, const std::string& member) {
  return set != nullptr && set->contains(member);
}

redis::Reply is_member(Keyspace& keys, Words words) {
  return number(contains(keys.find<Set>(words[1]), words[2]) ? 1 : 0);
}

redis::Reply are_members(Keyspace& keys, Words words) {
  const Set* set = keys.find<Set>(words[1]);
  std::vector<redis::Reply> answers;
  for (const std::string& member : words.subspan(2)) {
    answers.push_back(number(contains(set, member) ? 1 : 0));
  }
  return array(std::move(answers));
}

std::vector<std::string> members(Keyspace& keys, const std::string& key, std::size_t most) {
  std::vector<std::string> found;
  if (const Set* set = keys.find<Set>(key)) {
    for (auto it = set->begin(); it != set->end() && found.size() < most; ++it) {
      found.push_back(*it);
    }
  }
  return found;
}

/// As KEYS: for the tests that compare.
redis::Reply all_members(Keyspace& keys, Words words) {
  return texts(members(keys, words[1], std::string::npos));
}

redis::Reply scan(Keyspace& keys, Words words) {
  // All in one page, which Redis may do, too.
  return array({text("0"), texts(members(keys, words[1], std::string::npos))});
}

redis::Reply some_members(Keyspace& keys, Words words) {
  if (words.size() < 3) {
    const auto one = members(keys, words[1], 1);
    return one.empty() ? nil() : text(one.front());
  }
  const std::int64_t count = integer(words[2]);
  if (count < 0) refuse_option("SRANDMEMBER", words[2]);
  return texts(members(keys, words[1], static_cast<std::size_t>(count)));
}

}  // namespace

const CommandTable& set_commands() {
  static const CommandTable table{
      {"SADD", {3, add}},
      {"SCARD", {2, size}},
      {"SISMEMBER", {3, is_member}},
      {"SMEMBERS", {2, all_members}},
      {"SMISMEMBER", {3, are_members}},
      {"SRANDMEMBER", {2, some_members}},
      {"SREM", {3, remove}},
      {"SSCAN", {3, scan}},
  };
  return table;
}

}  // namespace rqpp::in_memory
