#include "in_memory/commands.h"

#include <algorithm>

namespace rqpp::in_memory {
namespace {

using Item = SortedSet::Item;

redis::Reply add(Keyspace& keys, Words words) {
  bool only_new = false;
  bool only_old = false;
  bool count_changed = false;
  bool only_greater = false;
  std::size_t i = 2;
  for (; i < words.size(); ++i) {
    const std::string option = upper(words[i]);
    if (option == "NX") {
      only_new = true;
    } else if (option == "XX") {
      only_old = true;
    } else if (option == "CH") {
      count_changed = true;
    } else if (option == "GT") {
      only_greater = true;
    } else {
      break;
    }
  }
  if (i == words.size() || (words.size() - i) % 2 != 0) throw Refusal{"ERR syntax error"};
  decimal(words[i]);  // before the key is made
  SortedSet& set = keys.at<SortedSet>(words[1]);
  std::int64_t counted = 0;
  for (; i < words.size(); i += 2) {
    const auto before = set.score(words[i + 1]);
    if (before ? only_new : only_old) continue;
    const double score = decimal(words[i]);
    if (before && only_greater && score <= *before) continue;
    set.put(words[i + 1], score);
    counted += !before || (count_changed && *before != score) ? 1 : 0;
  }
  keys.drop_if_empty<SortedSet>(words[1]);
  return number(counted);
}

redis::Reply remove(Keyspace& keys, Words words) {
  SortedSet* set = keys.find<SortedSet>(words[1]);
  if (set == nullptr) return number(0);
  std::int64_t removed = 0;
  for (const std::string& member : words.subspan(2)) removed += set->erase(member) ? 1 : 0;
  keys.drop_if_empty<SortedSet>(words[1]);
  return number(removed);
}

redis::Reply size(Keyspace& keys, Words words) {
  const SortedSet* set = keys.find<SortedSet>(words[1]);
  return number(set == nullptr ? 0 : static_cast<std::int64_t>(set->items().size()));
}

redis::Reply score_reply(const SortedSet* set, const std::string& member) {
  const auto score = set == nullptr ? std::nullopt : set->score(member);
  return score ? text(decimal_text(*score)) : nil();
}

redis::Reply score(Keyspace& keys, Words words) {
  return score_reply(keys.find<SortedSet>(words[1]), words[2]);
}

redis::Reply scores(Keyspace& keys, Words words) {
  const SortedSet* set = keys.find<SortedSet>(words[1]);
  std::vector<redis::Reply> all;
  for (const std::string& member : words.subspan(2)) all.push_back(score_reply(set, member));
  return array(std::move(all));
}

/// `5`, `(5`, `-inf`.
struct Bound {
  explicit Bound(std::string_view word)
      : open(word.starts_with('(')), value(decimal(open ? word.substr(1) : word)) {}
  bool open;
  double value;
};

std::vector<Item> between(const SortedSet& set, std::string_view least, std::string_view most) {
  const Bound low(least);
  const Bound high(most);
  std::vector<Item> found;
  for (const Item& item : set.items()) {
    const bool above = low.open ? item.first > low.value : item.first >= low.value;
    const bool below = high.open ? item.first < high.value : item.first <= high.value;
    if (above && below) found.push_back(item);
  }
  return found;
}

redis::Reply items_reply(std::span<const Item> items, bool with_scores) {
  std::vector<std::string> words;
  for (const Item& item : items) {
    words.push_back(item.second);
    if (with_scores) words.push_back(decimal_text(item.first));
  }
  return texts(words);
}

struct RangeOptions {
  bool by_score = false;
  bool reverse = false;
  bool with_scores = false;
  std::int64_t offset = 0;
  std::int64_t count = -1;
};

RangeOptions read_options(Words words, RangeOptions options) {
  for (std::size_t i = 4; i < words.size(); ++i) {
    const std::string option = upper(words[i]);
    if (option == "BYSCORE") {
      options.by_score = true;
    } else if (option == "REV") {
      options.reverse = true;
    } else if (option == "WITHSCORES") {
      options.with_scores = true;
    } else if (option == "LIMIT" && i + 2 < words.size()) {
      options.offset = integer(words[++i]);
      options.count = integer(words[++i]);
    } else {
      refuse_option(words[0], words[i]);
    }
  }
  return options;
}

redis::Reply range(Keyspace& keys, Words words, const RangeOptions& options) {
  const SortedSet* set = keys.find<SortedSet>(words[1]);
  if (set == nullptr) return array({});
  std::vector<Item> items(set->items().begin(), set->items().end());
  if (options.by_score) {
    items = between(*set, words[options.reverse ? 3 : 2], words[options.reverse ? 2 : 3]);
  }
  if (options.reverse) std::reverse(items.begin(), items.end());
  Slice part;
  if (options.by_score) {
    const std::string last =
        std::to_string(options.count < 0 ? -1 : options.offset + options.count - 1);
    part = options.count == 0 ? Slice{} : slice(std::to_string(options.offset), last, items.size());
  } else {
    part = slice(words[2], words[3], items.size());
  }
  return items_reply(std::span(items).subspan(part.begin, part.end - part.begin),
                     options.with_scores);
}

redis::Reply by_place(Keyspace& keys, Words words) {
  return range(keys, words, read_options(words, {}));
}
redis::Reply by_score(Keyspace& keys, Words words) {
  return range(keys, words, read_options(words, {.by_score = true}));
}
redis::Reply by_score_down(Keyspace& keys, Words words) {
  return range(keys, words, read_options(words, {.by_score = true, .reverse = true}));
}
redis::Reply by_place_down(Keyspace& keys, Words words) {
  return range(keys, words, read_options(words, {.reverse = true}));
}

redis::Reply count(Keyspace& keys, Words words) {
  const SortedSet* set = keys.find<SortedSet>(words[1]);
  if (set == nullptr) return number(0);
  return number(static_cast<std::int64_t>(between(*set, words[2], words[3]).size()));
}

std::int64_t erase_all(Keyspace& keys, const std::string& key, std::span<const Item> items) {
  for (const Item& item : items) keys.at<SortedSet>(key).erase(item.second);
  keys.drop_if_empty<SortedSet>(key);
  return static_cast<std::int64_t>(items.size());
}

redis::Reply remove_by_score(Keyspace& keys, Words words) {
  const SortedSet* set = keys.find<SortedSet>(words[1]);
  if (set == nullptr) return number(0);
  return number(erase_all(keys, words[1], between(*set, words[2], words[3])));
}

redis::Reply remove_by_place(Keyspace& keys, Words words) {
  const SortedSet* set = keys.find<SortedSet>(words[1]);
  if (set == nullptr) return number(0);
  const std::vector<Item> items(set->items().begin(), set->items().end());
  const Slice part = slice(words[2], words[3], items.size());
  return number(
      erase_all(keys, words[1], std::span(items).subspan(part.begin, part.end - part.begin)));
}

redis::Reply pop_least(Keyspace& keys, Words words) {
  const SortedSet* set = keys.find<SortedSet>(words[1]);
  if (set == nullptr) return array({});
  const std::vector<Item> items(set->items().begin(), set->items().end());
  const std::int64_t wanted = words.size() > 2 ? integer(words[2]) : 1;
  const auto some = std::span(items).first(
      std::min(items.size(), static_cast<std::size_t>(std::max<std::int64_t>(wanted, 0))));
  erase_all(keys, words[1], some);
  return items_reply(some, true);
}

}  // namespace

const CommandTable& sorted_set_commands() {
  static const CommandTable table{
      {"ZADD", {4, add}},
      {"ZCARD", {2, size}},
      {"ZCOUNT", {4, count}},
      {"ZMSCORE", {3, scores}},
      {"ZPOPMIN", {2, pop_least}},
      {"ZRANGE", {4, by_place}},
      {"ZRANGEBYSCORE", {4, by_score}},
      {"ZREM", {3, remove}},
      {"ZREMRANGEBYRANK", {4, remove_by_place}},
      {"ZREMRANGEBYSCORE", {4, remove_by_score}},
      {"ZREVRANGE", {4, by_place_down}},
      {"ZREVRANGEBYSCORE", {4, by_score_down}},
      {"ZSCORE", {3, score}},
  };
  return table;
}

}  // namespace rqpp::in_memory
