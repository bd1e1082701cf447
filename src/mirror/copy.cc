#include "mirror/copy.h"

#include <utility>

namespace rqpp::mirror {
namespace {

// An answer may take half a minute.
constexpr std::size_t kMostTold = 100'000;

}  // namespace

std::size_t Copy::bytes() const {
  const std::lock_guard lock(writing_);
  return table_->bytes();
}

void Copy::tell(std::string_view id, bool there) {
  const std::lock_guard lock(writing_);
  if (asking_) {
    if (told_.size() < kMostTold) {
      told_.emplace(id);
    } else {
      told_too_much_ = true;
    }
  }
  if (there) {
    table_->put(id);
  } else {
    table_->erase(id);
  }
}

void Copy::ask() {
  const std::lock_guard lock(writing_);
  asking_ = true;
  told_too_much_ = false;
  told_.clear();
}

bool Copy::take_page(const std::vector<std::string>& texts, std::size_t stride) {
  const std::lock_guard lock(writing_);
  asking_ = false;
  if (told_too_much_) return false;
  for (std::size_t i = 0; i < texts.size(); i += stride) {
    if (!was_told(texts[i])) table_->put(texts[i]);
  }
  return true;
}

bool Copy::take_checks(const std::vector<Check>& checks) {
  const std::lock_guard lock(writing_);
  asking_ = false;
  if (told_too_much_) return false;
  for (const Check& each : checks) {
    if (was_told(each.id)) continue;
    if (each.there) {
      table_->put(each.id);
    } else {
      table_->erase(each.id);
    }
  }
  return true;
}

void Copy::begin_round() {
  const std::lock_guard lock(writing_);
  table_->begin_round();
}

void Copy::end_round() {
  std::uint64_t next = 0;
  do {  // in parts, so that whoever adds an id need not wait for all of it
    const std::lock_guard lock(writing_);
    next = table_->sweep(next);
  } while (next != 0);
}

}  // namespace rqpp::mirror
