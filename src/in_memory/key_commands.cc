#include "in_memory/commands.h"

namespace rqpp::in_memory {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

template <class Unit>
redis::Reply expire(Keyspace& keys, Words words) {
  if (words.size() > 3) refuse_option(words[0], words[3]);
  return number(keys.expire(words[1], keys.now() + Unit{integer(words[2])}) ? 1 : 0);
}

redis::Reply erase(Keyspace& keys, Words words) {
  std::int64_t erased = 0;
  for (const std::string& key : words.subspan(1)) erased += keys.erase(key) ? 1 : 0;
  return number(erased);
}

/// Asked by scripts, of single keys: once where a job ends, say, for those that wait for it.
redis::Reply exists(Keyspace& keys, Words words) {
  std::int64_t found = 0;
  for (const std::string& key : words.subspan(1)) found += keys.exists(key) ? 1 : 0;
  return number(found);
}

template <class Unit>
redis::Reply time_to_live(Keyspace& keys, Words words) {
  if (!keys.exists(words[1])) return number(-2);
  const auto expiry = keys.expiry(words[1]);
  if (!expiry) return number(-1);
  return number(std::chrono::round<Unit>(*expiry - keys.now()).count());
}

redis::Reply persist(Keyspace& keys, Words words) {
  if (!keys.expiry(words[1])) return number(0);
  keys.expire(words[1], std::nullopt);
  return number(1);
}

redis::Reply rename(Keyspace& keys, Words words) {
  keys.rename(words[1], words[2]);
  return status("OK");
}

redis::Reply copy(Keyspace& keys, Words words) {
  if (words.size() > 3) refuse_option("COPY", words[3]);
  return number(keys.copy(words[1], words[2]) ? 1 : 0);
}

redis::Reply type(Keyspace& keys, Words words) {
  constexpr const char* kNames[] = {"string", "list", "hash", "set", "zset", "stream"};
  const Keyspace::Data* data = keys.data(words[1]);
  return status(data == nullptr ? "none" : kNames[data->index()]);
}

/// For the tests that compare this keyspace with that of Redis, key by key. A keyspace in memory is
/// that of one test, so it is small, and nothing of rqpp itself asks for it.
redis::Reply all_keys(Keyspace& keys, Words words) {
  if (words[1] != "*") refuse_option("KEYS", words[1]);
  return texts(keys.keys());
}

redis::Reply get(Keyspace& keys, Words words) {
  const auto* value = keys.find<std::string>(words[1]);
  return value == nullptr ? nil() : text(*value);
}

redis::Reply set(Keyspace& keys, Words words) {
  std::optional<Time> expiry;
  for (std::size_t i = 3; i < words.size(); ++i) {
    const std::string option = upper(words[i]);
    if (option == "NX") {
      if (keys.exists(words[1])) return nil();
    } else if (option == "XX") {
      if (!keys.exists(words[1])) return nil();
    } else if ((option == "EX" || option == "PX") && i + 1 < words.size()) {
      const std::int64_t count = integer(words[++i]);
      expiry = keys.now() + (option == "EX" ? milliseconds{seconds{count}} : milliseconds{count});
    } else {
      refuse_option("SET", words[i]);
    }
  }
  keys.erase(words[1]);
  keys.at<std::string>(words[1]) = words[2];
  if (expiry) keys.expire(words[1], expiry);
  return status("OK");
}

redis::Reply increase(Keyspace& keys, Words words) {
  auto& value = keys.at<std::string>(words[1]);
  const std::int64_t more = words.size() > 2 ? integer(words[2]) : 1;
  const std::int64_t sum = (value.empty() ? 0 : integer(value)) + more;
  value = std::to_string(sum);
  return number(sum);
}

redis::Reply time(Keyspace& keys, Words) {
  const auto since = keys.now().time_since_epoch();
  const auto whole = std::chrono::floor<seconds>(since);
  const std::vector<std::string> parts{std::to_string(whole.count()),
                                       std::to_string((since - whole).count())};
  return texts(parts);
}

}  // namespace

const CommandTable& key_commands() {
  static const CommandTable table{
      {"COPY", {3, copy}},
      {"DEL", {2, erase}},
      {"EXISTS", {2, exists}},
      {"EXPIRE", {3, expire<seconds>}},
      {"GET", {2, get}},
      {"INCR", {2, increase}},
      {"INCRBY", {3, increase}},
      {"KEYS", {2, all_keys}},
      {"PERSIST", {2, persist}},
      {"PEXPIRE", {3, expire<milliseconds>}},
      // Nobody listens here.
      {"PUBLISH", {3, [](Keyspace&, Words) { return number(0); }}},
      {"PTTL", {2, time_to_live<milliseconds>}},
      {"RENAME", {3, rename}},
      {"SET", {3, set}},
      {"TIME", {1, time}},
      {"TTL", {2, time_to_live<seconds>}},
      {"TYPE", {2, type}},
      {"UNLINK", {2, erase}},
  };
  return table;
}

}  // namespace rqpp::in_memory
