#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <rqpp/time.h>

namespace rqpp::in_memory {

/// What Redis answers with an error: the text begins with its word, `ERR …`.
struct Refusal {
  std::string text{};
};

using List = std::deque<std::string>;
using Hash = std::map<std::string, std::string, std::less<>>;
using Set = std::set<std::string, std::less<>>;

/// Members by score, and by name where scores are equal.
class SortedSet {
 public:
  using Item = std::pair<double, std::string>;  ///< Score and member.

  /// True if the member is new.
  bool put(const std::string& member, double score);
  bool erase(std::string_view member);
  std::optional<double> score(std::string_view member) const;
  const std::set<Item>& items() const { return items_; }
  bool empty() const { return items_.empty(); }

 private:
  std::map<std::string, double, std::less<>> scores_{};
  std::set<Item> items_{};
};

/// Entries in the order of their ids.
struct Stream {
  struct Id {
    std::uint64_t ms = 0;
    std::uint64_t sequence = 0;
    auto operator<=>(const Id&) const = default;  // NOLINT(modernize-use-nullptr)
  };
  struct Entry {
    Id id{};
    std::vector<std::string> fields{};
  };
  std::vector<Entry> entries{};
  Id last{};
};

/// All keys of an in-memory Redis, and its clock, which stands still until somebody advances it.
class Keyspace {
 public:
  using Data = std::variant<std::string, List, Hash, Set, SortedSet, Stream>;

  explicit Keyspace(Time now) : now_(now) {}

  Time now() const { return now_; }
  void set_now(Time now) { now_ = now; }

  bool exists(std::string_view key) { return live(key) != nullptr; }
  bool erase(std::string_view key);
  void rename(std::string_view from, const std::string& to);
  /// With its time to live. False if there is nothing to copy, or the other key exists.
  bool copy(std::string_view from, const std::string& to);
  const Data* data(std::string_view key);
  std::vector<std::string> keys();

  /// The value of a key if there is one. Throws Refusal if it is of another type.
  template <class T>
  T* find(std::string_view key) {
    Value* value = live(key);
    if (value == nullptr) return nullptr;
    if (T* data = std::get_if<T>(&value->data)) return data;
    throw Refusal{"WRONGTYPE Operation against a key holding the wrong kind of value"};
  }
  /// The same, and makes the key if need be.
  template <class T>
  T& at(const std::string& key) {
    if (T* data = find<T>(key)) return *data;
    made_.push_back(key);
    return std::get<T>(values_.emplace(key, Value{.data = T{}}).first->second.data);
  }
  /// As Redis: a collection without members does not exist.
  template <class T>
  void drop_if_empty(std::string_view key) {
    const T* data = find<T>(key);
    if (data != nullptr && data->empty()) erase(key);
  }

  std::optional<Time> expiry(std::string_view key);
  /// False if there is no such key. A time that has passed deletes it.
  bool expire(std::string_view key, std::optional<Time> when);

  /// The keys that were made since the last call, in their order.
  std::vector<std::string> take_made() { return std::exchange(made_, {}); }

 private:
  struct Value {
    Data data{};
    std::optional<Time> expires{};
  };

  Value* live(std::string_view key);

  Time now_;
  std::map<std::string, Value, std::less<>> values_{};
  std::vector<std::string> made_{};
};

}  // namespace rqpp::in_memory
