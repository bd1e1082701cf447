#include "support/call_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string_view>

namespace rqpp::test {
namespace {

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

std::string name_of(const ExecutedCall& call) { return upper(call.words.at(0)); }

/// The number behind a word such as COUNT, or in that place.
std::optional<long> number_at(const ExecutedCall& call, std::size_t place) {
  if (place >= call.words.size()) return std::nullopt;
  return std::strtol(call.words[place].c_str(), nullptr, 10);
}
std::optional<long> number_behind(const ExecutedCall& call, std::string_view word,
                                  std::size_t offset = 1) {
  for (std::size_t i = 1; i < call.words.size(); ++i) {
    if (upper(call.words[i]) == word) return number_at(call, i + offset);
  }
  return std::nullopt;
}

std::string at_most(long limit, std::optional<long> number, const char* what) {
  if (!number) return fmt::format("has no {}", what);
  if (*number < 0 || *number > limit) return fmt::format("{} is {}", what, *number);
  return {};
}

using Rule = std::function<std::string(const ExecutedCall&)>;

// It touches one element, or finds its way to a few of them, however many there are.
std::string few(const ExecutedCall&) { return {}; }

std::string never(const ExecutedCall&) { return "its cost grows with what is there"; }

/// Elements are named in the call, `each` words for one, from the place `first` on.
Rule named(std::size_t first, std::size_t each) {
  return [=](const ExecutedCall& call) {
    const auto elements = (call.word_count - std::min(call.word_count, first) + each - 1) / each;
    return at_most(kMostElements, static_cast<long>(elements), "the number of its elements");
  };
}

/// From one index to another.
std::string by_index(const ExecutedCall& call) {
  const long first = number_at(call, 2).value_or(0);
  const long last = number_at(call, 3).value_or(-1);
  if ((first < 0) != (last < 0)) return fmt::format("its range is {} to {}", first, last);
  return at_most(kMostElements, std::max(0L, last - first + 1), "the length of its range");
}

std::string by_limit(const ExecutedCall& call) {
  return at_most(kMostElements, number_behind(call, "LIMIT", 2), "LIMIT");
}

std::string by_count(const ExecutedCall& call) {
  return at_most(kMostElements, number_behind(call, "COUNT"), "COUNT");
}

std::string scan(const ExecutedCall& call) {
  return at_most(kMostElements, number_behind(call, "COUNT").value_or(10), "COUNT");
}

std::string range(const ExecutedCall& call) {
  const bool by_score = std::any_of(call.words.begin(), call.words.end(), [](const auto& word) {
    return upper(word) == "BYSCORE" || upper(word) == "BYLEX";
  });
  return by_score ? by_limit(call) : by_index(call);
}

/// Counted from the nearer end.
std::string near_an_end(const ExecutedCall& call) {
  return at_most(kMostElements, std::labs(number_at(call, 2).value_or(0)), "the distance");
}

/// A number of elements in this place; without one it is one.
Rule counted(std::size_t place) {
  return [place](const ExecutedCall& call) {
    return at_most(kMostElements, number_at(call, place).value_or(1), "the count");
  };
}

const std::map<std::string, Rule>& rules() {
  static const std::map<std::string, Rule> table = [] {
    std::map<std::string, Rule> rules;
    for (const char* name :
         {"GET",     "SET",     "GETDEL",    "INCR",    "DECR",      "EXPIRE",       "EXPIREAT",
          "PEXPIRE", "PERSIST", "TTL",       "PTTL",    "TYPE",      "OBJECT",       "HGET",
          "HSTRLEN", "HSETNX",  "HEXISTS",   "HLEN",    "HINCRBY",   "HINCRBYFLOAT", "LLEN",
          "LMOVE",   "BLMOVE",  "RPOPLPUSH", "SCARD",   "SISMEMBER", "ZCARD",        "ZSCORE",
          "ZCOUNT",  "XADD",    "XLEN",      "RENAME",  "WATCH",     "EVAL",         "EVALSHA",
          "TIME",    "PING",    "HELLO",     "SELECT",  "AUTH",      "CLIENT",       "INFO",
          "DBSIZE",  "MULTI",   "EXEC",      "CONFIG",  "SLOWLOG",   "SUBSCRIBE",    "UNSUBSCRIBE",
          "PUBLISH", "PUBSUB",  "SCRIPT",    "LATENCY", "MEMORY",    "COMMAND"}) {
      rules[name] = few;
    }
    for (const char* name : {"KEYS",
                             "SMEMBERS",
                             "HGETALL",
                             "HKEYS",
                             "HVALS",
                             "SORT",
                             "SUNION",
                             "SINTER",
                             "SDIFF",
                             "ZUNION",
                             "ZINTER",
                             "ZDIFF",
                             "LREM",
                             "LINDEX",
                             "LINSERT",
                             "LSET",
                             "LPOS",
                             "FLUSHALL",
                             "FLUSHDB",
                             "MONITOR",
                             "DEBUG",
                             "SAVE",
                             "SUNIONSTORE",
                             "SINTERSTORE",
                             "SDIFFSTORE",
                             "ZUNIONSTORE",
                             "ZINTERSTORE",
                             "ZRANGESTORE",
                             "ZREMRANGEBYSCORE",
                             "ZREMRANGEBYLEX",
                             "COPY",
                             "MOVE"}) {
      rules[name] = never;
    }
    for (const char* name : {"DEL", "UNLINK", "EXISTS", "MGET"}) rules[name] = named(1, 1);
    for (const char* name : {"HMGET", "HDEL", "SREM", "ZREM", "ZMSCORE", "SMISMEMBER"}) {
      rules[name] = named(2, 1);
    }
    rules["HSET"] = named(2, 2);
    for (const char* name : {"RPUSH", "LPUSH", "SADD"}) rules[name] = named(2, 1);
    rules["ZADD"] = named(2, 2);
    for (const char* name : {"LPOP", "RPOP", "SPOP", "ZPOPMIN", "SRANDMEMBER"}) {
      rules[name] = counted(2);
    }
    for (const char* name : {"SCAN", "SSCAN", "HSCAN", "ZSCAN"}) rules[name] = scan;
    for (const char* name : {"ZRANGEBYSCORE", "ZREVRANGEBYSCORE", "ZRANGEBYLEX"}) {
      rules[name] = by_limit;
    }
    rules["LMPOP"] = [](const ExecutedCall& call) {
      return at_most(kMostElements, number_behind(call, "COUNT").value_or(1), "COUNT");
    };
    for (const char* name : {"XRANGE", "XREVRANGE", "XREAD"}) rules[name] = by_count;
    for (const char* name : {"ZRANGE", "ZREVRANGE"}) rules[name] = range;
    for (const char* name : {"LRANGE", "ZREMRANGEBYRANK"}) rules[name] = by_index;
    rules["LINDEX"] = near_an_end;
    return rules;
  }();
  return table;
}

/// What would grow with other keys does not with these.
bool is_short(const ExecutedCall& call) {
  if (call.words.size() < 2) return false;
  const std::string name = name_of(call);
  const std::string& key = call.words[1];
  // The result that a job leaves, just made: a stream with one entry.
  if (name == "COPY") return key == "rqpp:scratch";
  if (name == "RESTORE") return key.starts_with("rq:results:");
  // One more than it may have.
  if (name == "LTRIM") return key.starts_with("rqpp:rate:");
  if (name == "ZREMRANGEBYRANK" && key.starts_with("rq:cron_job:")) return true;
  // The sessions of a worker that was given up: one.
  if (name == "ZREMRANGEBYSCORE") return key.starts_with("rqpp:runs:");
  // At most an id for each horse; at most one for each worker of RQ that dies in that moment.
  return name == "LREM" && (key.starts_with("rqpp:inbox:") || key.ends_with(":intermediate"));
}

std::string shown(const ExecutedCall& call) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(call.words.size(), 8); ++i) {
    text += (i == 0 ? "" : " ") + call.words[i];
  }
  return call.word_count > 8 ? text + fmt::format(" … ({} words)", call.word_count) : text;
}

}  // namespace

std::string broken_rule(const ExecutedCall& call) {
  if (is_short(call)) return {};
  const auto rule = rules().find(name_of(call));
  if (rule == rules().end()) {
    return fmt::format("{}: no rule says how many elements it can touch", shown(call));
  }
  const std::string why = rule->second(call);
  return why.empty() ? std::string() : fmt::format("{}: {}", shown(call), why);
}

std::string class_of(const ExecutedCall& call) {
  const std::string name = name_of(call);
  if (call.words.size() < 2) return name;
  const std::string& key = call.words[1];
  if (name.starts_with("EVAL")) return name + " " + key;
  const std::size_t begin = key.find(':');
  if (begin == std::string::npos) return name;
  return name + " " + key.substr(0, key.find(':', begin + 1));
}

}  // namespace rqpp::test
