#include "in_memory/commands.h"

#include <algorithm>

namespace rqpp::in_memory {
namespace {

std::int64_t size_of(const List& list) { return static_cast<std::int64_t>(list.size()); }

template <bool left>
redis::Reply push(Keyspace& keys, Words words) {
  List& list = keys.at<List>(words[1]);
  for (const std::string& item : words.subspan(2)) {
    left ? list.push_front(item) : list.push_back(item);
  }
  return number(size_of(list));
}

template <bool left>
std::string take(List& list) {
  std::string item = left ? list.front() : list.back();
  left ? list.pop_front() : list.pop_back();
  return item;
}

template <bool left>
redis::Reply pop(Keyspace& keys, Words words) {
  List* list = keys.find<List>(words[1]);
  if (list == nullptr) return nil();
  if (words.size() < 3) {
    redis::Reply item = text(take<left>(*list));
    keys.drop_if_empty<List>(words[1]);
    return item;
  }
  std::vector<std::string> items;
  for (std::int64_t count = integer(words[2]); count > 0 && !list->empty(); --count) {
    items.push_back(take<left>(*list));
  }
  keys.drop_if_empty<List>(words[1]);
  return texts(items);
}

redis::Reply length(Keyspace& keys, Words words) {
  const List* list = keys.find<List>(words[1]);
  return number(list == nullptr ? 0 : size_of(*list));
}

redis::Reply range(Keyspace& keys, Words words) {
  const List* list = keys.find<List>(words[1]);
  if (list == nullptr) return array({});
  const Slice part = slice(words[2], words[3], list->size());
  std::vector<std::string> items;
  for (std::size_t i = part.begin; i < part.end; ++i) items.push_back((*list)[i]);
  return texts(items);
}

redis::Reply at_index(Keyspace& keys, Words words) {
  const List* list = keys.find<List>(words[1]);
  if (list == nullptr) return nil();
  const Slice part = slice(words[2], words[2], list->size());
  return part.begin < part.end ? text((*list)[part.begin]) : nil();
}

redis::Reply trim(Keyspace& keys, Words words) {
  List* list = keys.find<List>(words[1]);
  if (list == nullptr) return status("OK");
  const Slice part = slice(words[2], words[3], list->size());
  const auto at = [list](std::size_t place) {
    return list->begin() + static_cast<List::difference_type>(place);
  };
  *list = part.begin < part.end ? List(at(part.begin), at(part.end)) : List();
  keys.drop_if_empty<List>(words[1]);
  return status("OK");
}

redis::Reply remove(Keyspace& keys, Words words) {
  List* list = keys.find<List>(words[1]);
  if (list == nullptr) return number(0);
  const std::int64_t count = integer(words[2]);
  if (count < 0) refuse_option("LREM", words[2]);
  std::int64_t removed = 0;
  for (auto it = list->begin(); it != list->end() && (count == 0 || removed < count);) {
    const bool is_it = *it == words[3];
    it = is_it ? list->erase(it) : it + 1;
    removed += is_it ? 1 : 0;
  }
  keys.drop_if_empty<List>(words[1]);
  return number(removed);
}

redis::Reply position(Keyspace& keys, Words words) {
  if (words.size() > 3) refuse_option("LPOS", words[3]);
  const List* list = keys.find<List>(words[1]);
  if (list == nullptr) return nil();
  const auto found = std::find(list->begin(), list->end(), words[2]);
  return found == list->end() ? nil() : number(found - list->begin());
}

}  // namespace

const CommandTable& list_commands() {
  static const CommandTable table{
      {"LINDEX", {3, at_index}},   {"LTRIM", {4, trim}},    {"LLEN", {2, length}},
      {"LPOP", {2, pop<true>}},    {"LPOS", {3, position}}, {"LPUSH", {3, push<true>}},
      {"LRANGE", {4, range}},      {"LREM", {4, remove}},   {"RPOP", {2, pop<false>}},
      {"RPUSH", {3, push<false>}},
  };
  return table;
}

}  // namespace rqpp::in_memory
