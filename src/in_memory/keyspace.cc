#include "in_memory/keyspace.h"

namespace rqpp::in_memory {

bool SortedSet::put(const std::string& member, double score) {
  const auto [found, is_new] = scores_.try_emplace(member, score);
  if (!is_new) {
    items_.erase({found->second, member});
    found->second = score;
  }
  items_.emplace(score, member);
  return is_new;
}

bool SortedSet::erase(std::string_view member) {
  const auto found = scores_.find(member);
  if (found == scores_.end()) return false;
  items_.erase({found->second, found->first});
  scores_.erase(found);
  return true;
}

std::optional<double> SortedSet::score(std::string_view member) const {
  const auto found = scores_.find(member);
  if (found == scores_.end()) return std::nullopt;
  return found->second;
}

Keyspace::Value* Keyspace::live(std::string_view key) {
  const auto found = values_.find(key);
  if (found == values_.end()) return nullptr;
  if (found->second.expires && *found->second.expires <= now_) {
    values_.erase(found);
    return nullptr;
  }
  return &found->second;
}

bool Keyspace::erase(std::string_view key) {
  if (live(key) == nullptr) return false;
  values_.erase(values_.find(key));
  return true;
}

bool Keyspace::copy(std::string_view from, const std::string& to) {
  const Value* value = live(from);
  if (value == nullptr || exists(to)) return false;
  made_.push_back(to);
  values_.emplace(to, Value(*value));
  return true;
}

void Keyspace::rename(std::string_view from, const std::string& to) {
  if (live(from) == nullptr) throw Refusal{"ERR no such key"};
  auto node = values_.extract(values_.find(from));
  erase(to);
  node.key() = to;
  values_.insert(std::move(node));
}

const Keyspace::Data* Keyspace::data(std::string_view key) {
  const Value* value = live(key);
  return value == nullptr ? nullptr : &value->data;
}

std::vector<std::string> Keyspace::keys() {
  std::vector<std::string> all;
  for (const auto& [key, value] : values_) all.push_back(key);
  std::erase_if(all, [this](const std::string& key) { return !exists(key); });
  return all;
}

std::optional<Time> Keyspace::expiry(std::string_view key) {
  const Value* value = live(key);
  return value == nullptr ? std::nullopt : value->expires;
}

bool Keyspace::expire(std::string_view key, std::optional<Time> when) {
  Value* value = live(key);
  if (value == nullptr) return false;
  value->expires = when;
  live(key);  // which is its end if the time has passed
  return true;
}

}  // namespace rqpp::in_memory
