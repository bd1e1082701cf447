#include "in_memory/commands.h"

namespace rqpp::in_memory {
namespace {

const std::string* field(Keyspace& keys, std::string_view key, std::string_view name) {
  const Hash* hash = keys.find<Hash>(key);
  if (hash == nullptr) return nullptr;
  const auto found = hash->find(name);
  return found == hash->end() ? nullptr : &found->second;
}

redis::Reply reply_of(const std::string* value) { return value == nullptr ? nil() : text(*value); }

redis::Reply set(Keyspace& keys, Words words) {
  if (words.size() % 2 != 0) throw Refusal{"ERR wrong number of arguments for 'hset' command"};
  Hash& hash = keys.at<Hash>(words[1]);
  std::int64_t added = 0;
  for (std::size_t i = 2; i < words.size(); i += 2) {
    added += hash.insert_or_assign(words[i], words[i + 1]).second ? 1 : 0;
  }
  return number(added);
}

redis::Reply set_new(Keyspace& keys, Words words) {
  return number(keys.at<Hash>(words[1]).try_emplace(words[2], words[3]).second ? 1 : 0);
}

redis::Reply get(Keyspace& keys, Words words) { return reply_of(field(keys, words[1], words[2])); }

redis::Reply get_many(Keyspace& keys, Words words) {
  std::vector<redis::Reply> values;
  for (const std::string& name : words.subspan(2)) {
    values.push_back(reply_of(field(keys, words[1], name)));
  }
  return array(std::move(values));
}

redis::Reply get_all(Keyspace& keys, Words words) {
  std::vector<std::string> pairs;
  if (const Hash* hash = keys.find<Hash>(words[1])) {
    for (const auto& [name, value] : *hash) pairs.insert(pairs.end(), {name, value});
  }
  return texts(pairs);
}

redis::Reply scan(Keyspace& keys, Words words) {
  // All in one page, which Redis may do, too.
  return array({text("0"), get_all(keys, words)});
}

redis::Reply exists(Keyspace& keys, Words words) {
  return number(field(keys, words[1], words[2]) == nullptr ? 0 : 1);
}

redis::Reply erase(Keyspace& keys, Words words) {
  Hash* hash = keys.find<Hash>(words[1]);
  if (hash == nullptr) return number(0);
  std::int64_t erased = 0;
  for (const std::string& name : words.subspan(2)) {
    erased += static_cast<std::int64_t>(hash->erase(name));
  }
  keys.drop_if_empty<Hash>(words[1]);
  return number(erased);
}

redis::Reply length(Keyspace& keys, Words words) {
  const Hash* hash = keys.find<Hash>(words[1]);
  return number(hash == nullptr ? 0 : static_cast<std::int64_t>(hash->size()));
}

redis::Reply increase(Keyspace& keys, Words words) {
  std::string& value = keys.at<Hash>(words[1])[words[2]];
  const std::int64_t sum = (value.empty() ? 0 : integer(value)) + integer(words[3]);
  value = std::to_string(sum);
  return number(sum);
}

redis::Reply increase_decimal(Keyspace& keys, Words words) {
  std::string& value = keys.at<Hash>(words[1])[words[2]];
  value = decimal_text((value.empty() ? 0 : decimal(value)) + decimal(words[3]));
  return text(value);
}

}  // namespace

const CommandTable& hash_commands() {
  static const CommandTable table{
      {"HDEL", {3, erase}},       {"HEXISTS", {3, exists}},
      {"HGET", {3, get}},         {"HGETALL", {2, get_all}},
      {"HINCRBY", {4, increase}}, {"HINCRBYFLOAT", {4, increase_decimal}},
      {"HLEN", {2, length}},      {"HMGET", {3, get_many}},
      {"HSCAN", {3, scan}},       {"HSET", {4, set}},
      {"HSETNX", {4, set_new}},
  };
  return table;
}

}  // namespace rqpp::in_memory
