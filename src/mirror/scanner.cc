#include <fmt/format.h>

#include <charconv>
#include <system_error>
#include <utility>

#include "mirror/line.h"
#include "mirror/pages.h"
#include "redis/scan.h"
#include "sandbox/find_redis.h"

#include <rqpp/error.h>
#include <rqpp/scan.h>

namespace rqpp {
namespace {

using Kind = redis::ScanTarget::Kind;

double read_score(const std::string& text) {
  double score = 0;
  const char* const end = text.data() + text.size();
  const auto [rest, failure] = std::from_chars(text.data(), end, score);
  if (failure != std::errc() || rest != end) {
    throw DecodeError(fmt::format("Redis gave a score that is no number: '{}'", text));
  }
  return score;
}

void take(std::vector<std::string> texts, std::vector<std::string>& page) {
  page = std::move(texts);
}

void take(std::vector<std::string> texts, std::vector<ScoredMember>& page) {
  page.clear();
  for (std::size_t i = 0; i + 1 < texts.size(); i += 2) {
    page.push_back({.member = std::move(texts[i]), .score = read_score(texts[i + 1])});
  }
}

void take(std::vector<std::string> texts, std::vector<HashField>& page) {
  page.clear();
  for (std::size_t i = 0; i + 1 < texts.size(); i += 2) {
    page.push_back({.field = std::move(texts[i]), .value = std::move(texts[i + 1])});
  }
}

void check(Kind kind, const ScanOptions& options) {
  constexpr std::int64_t kMostCount = 10'000;
  if (options.count < 1 || options.count > kMostCount) {
    throw InvalidArgument(
        fmt::format("a scan cannot read {} elements at once: use a count of 1 to {}", options.count,
                    kMostCount));
  }
  if (options.per_second < 0) {
    throw InvalidArgument(
        fmt::format("a scan cannot read {} elements per second: use 1 or more, or 0 for no limit",
                    options.per_second));
  }
  if (kind != Kind::keys && !options.type.empty()) {
    throw InvalidArgument(fmt::format(
        "a scan of one key cannot choose the type '{}': only scan() can", options.type));
  }
}

}  // namespace

template <class Element>
Scan<Element>::Scan(std::unique_ptr<mirror::Pages> pages) : pages_(std::move(pages)) {}

template <class Element>
Scan<Element>::Scan(Scan&&) noexcept = default;
template <class Element>
Scan<Element>& Scan<Element>::operator=(Scan&&) noexcept = default;
template <class Element>
Scan<Element>::~Scan() = default;

template <class Element>
std::string Scan<Element>::cursor() const {
  return done() ? std::string() : mirror::to_text(pages_->place());
}

/// Pages may be empty, when nothing on them fits the pattern.
template <class Element>
void Scan<Element>::read_page() {
  page_.clear();
  next_ = 0;
  while (page_.empty() && !over_) {
    redis::ScanPage page = pages_->read();
    over_ = page.last();
    take(std::move(page.elements), page_);
  }
}

template class Scan<std::string>;
template class Scan<ScoredMember>;
template class Scan<HashField>;

namespace {

template <class Element>
Scan<Element> begin_scan(const std::shared_ptr<mirror::Line>& line, Kind kind, std::string key,
                         const ScanOptions& options) {
  check(kind, options);
  redis::ScanTarget target{.kind = kind,
                           .key = std::move(key),
                           .match = options.match,
                           .type = options.type,
                           .count = options.count};
  return Scan<Element>(std::make_unique<mirror::Pages>(line, std::move(target), options.per_second,
                                                       mirror::parse_place(options.from)));
}

}  // namespace

Scanner::Scanner(const ScannerOptions& options)
    : line_(std::make_shared<mirror::Line>(sandbox::finder(options.url))) {}

Scan<std::string> Scanner::scan(const ScanOptions& options) const {
  return begin_scan<std::string>(line_, Kind::keys, {}, options);
}

Scan<std::string> Scanner::sscan(const std::string& key, const ScanOptions& options) const {
  return begin_scan<std::string>(line_, Kind::set, key, options);
}

Scan<ScoredMember> Scanner::zscan(const std::string& key, const ScanOptions& options) const {
  return begin_scan<ScoredMember>(line_, Kind::sorted_set, key, options);
}

Scan<HashField> Scanner::hscan(const std::string& key, const ScanOptions& options) const {
  return begin_scan<HashField>(line_, Kind::hash, key, options);
}

}  // namespace rqpp
