#include "support/redis_state.h"

#include <algorithm>
#include <sstream>
#include <vector>

namespace rqpp::test {
namespace {

redis::Reply ask(redis::Connection& connection, std::vector<std::string> words) {
  return connection.run(redis::Batch{}.add_words(words)).at(0);
}

std::vector<std::string> texts(const redis::Reply& reply) {
  std::vector<std::string> result;
  for (const redis::Reply& element : reply.elements) result.push_back(element.text);
  return result;
}

std::string joined(std::vector<std::string> words) {
  std::string text;
  for (const std::string& word : words) text += " " + word;
  return text;
}

std::string joined_pairs(const redis::Reply& reply) {
  std::vector<std::string> words;
  for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2) {
    words.push_back(reply.elements[i].text + "=" + reply.elements[i + 1].text);
  }
  std::sort(words.begin(), words.end());
  return joined(words);
}

std::string joined_sorted(const redis::Reply& reply) {
  std::vector<std::string> words = texts(reply);
  std::sort(words.begin(), words.end());
  return joined(words);
}

std::string content(const Ask& ask, const std::string& key, const std::string& type) {
  if (type == "string") return " " + ask({"GET", key}).text;
  if (type == "list") return joined(texts(ask({"LRANGE", key, "0", "-1"})));
  if (type == "set") return joined_sorted(ask({"SMEMBERS", key}));
  if (type == "hash") return joined_pairs(ask({"HGETALL", key}));
  if (type == "zset") {
    return joined_pairs(ask({"ZRANGE", key, "0", "-1", "WITHSCORES"}));
  }
  std::string entries;
  for (const redis::Reply& entry : ask({"XRANGE", key, "-", "+"}).elements) {
    entries += " {" + joined_pairs(entry.elements.at(1)).substr(1) + "}";
  }
  return entries;
}

}  // namespace

std::string dump_keys(const Ask& ask) {
  std::vector<std::string> keys = texts(ask({"KEYS", "*"}));
  std::sort(keys.begin(), keys.end());
  std::string dump = "\n";
  for (const std::string& key : keys) {
    const std::string type = ask({"TYPE", key}).text;
    const std::int64_t ttl = ask({"TTL", key}).number;
    dump += key + " " + type + content(ask, key, type);
    if (ttl >= 0) dump += " (ttl " + std::to_string(ttl) + ")";
    dump += "\n";
  }
  return dump;
}

std::string dump_keys(redis::Connection& connection) {
  return dump_keys(Ask{[&](std::vector<std::string> words) {
    return connection.run(redis::Batch{}.add_words(words)).at(0);
  }});
}

void reset_counts(redis::Connection& connection) { ask(connection, {"CONFIG", "RESETSTAT"}); }

std::map<std::string, std::int64_t> command_counts(redis::Connection& connection) {
  std::istringstream lines(ask(connection, {"INFO", "commandstats"}).text);
  std::map<std::string, std::int64_t> counts;
  const std::string prefix = "cmdstat_";
  const std::string calls = ":calls=";
  for (std::string line; std::getline(lines, line);) {
    const std::size_t at = line.find(calls);
    if (!line.starts_with(prefix) || at == std::string::npos) continue;
    const std::string name = line.substr(prefix.size(), at - prefix.size());
    if (name == "info" || name.starts_with("config")) continue;
    counts[name] = std::stoll(line.substr(at + calls.size()));
  }
  return counts;
}

std::int64_t reads_of_redis(redis::Connection& connection) {
  const std::string info = ask(connection, {"INFO", "stats"}).text;
  const std::string field = "total_reads_processed:";
  return std::stoll(info.substr(info.find(field) + field.size()));
}

std::int64_t total(const std::map<std::string, std::int64_t>& counts) {
  std::int64_t sum = 0;
  for (const auto& [name, calls] : counts) sum += calls;
  return sum;
}

}  // namespace rqpp::test
