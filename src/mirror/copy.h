#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "mirror/table.h"

namespace rqpp::mirror {

/// The ids as far as they are known: what Redis answers, and what users of the cache tell
/// meanwhile.
///
/// What is told counts more than an answer to a question that was asked before: Redis may have
/// answered before the id was added or removed.
class Copy {
 public:
  explicit Copy(std::unique_ptr<Table> table) : table_(std::move(table)) {}

  // For any thread; these wait for nobody.
  bool contains(std::string_view id) const noexcept { return table_->contains(id); }
  std::vector<bool> contains(std::span<const std::string_view> ids) const {
    std::vector<bool> answers;
    answers.reserve(ids.size());
    table_->contains(ids, answers);
    return answers;
  }
  std::size_t size() const noexcept { return table_->size(); }

  // For any thread.
  std::size_t bytes() const;
  void add(std::string_view id) { tell(id, true); }
  void remove(std::string_view id) { tell(id, false); }

  // For the one who asks Redis.

  /// From now on an answer is awaited, until one of the next two.
  void ask();
  /// The answer is a page, of which each `stride`-th text is an id that is there. False: too much
  /// was told meanwhile, and nothing was taken; ask again.
  bool take_page(const std::vector<std::string>& texts, std::size_t stride);
  struct Check {
    std::string id{};
    bool there = false;
  };
  bool take_checks(const std::vector<Check>& checks);
  /// Everything is read from here on.
  void begin_round();
  /// Everything was read: what did not come is removed.
  void end_round();

 private:
  void tell(std::string_view id, bool there);
  bool was_told(const std::string& id) const { return !told_.empty() && told_.contains(id); }

  const std::unique_ptr<Table> table_;
  mutable std::mutex writing_{};  // of all below, and of who changes the table
  bool asking_ = false;
  bool told_too_much_ = false;
  std::unordered_set<std::string> told_{};  // since ask()
};

}  // namespace rqpp::mirror
