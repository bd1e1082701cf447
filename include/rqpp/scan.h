#pragma once

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

namespace rqpp {

namespace mirror {
class Line;
class Pages;
}  // namespace mirror

/// Options of a scan.
struct ScanOptions {
  /// Return only elements that match this Redis pattern: `session:*`, `h[ae]llo`, `\*`. It saves
  /// bytes, not work: Redis visits all elements. Empty: no filter.
  std::string match{};
  std::string type{};  ///< Of `scan`: only keys of this type, `hash`. Redis 6.
  /// Approximate number of elements that Redis visits per command; 1 to 10,000.
  std::int64_t count = 100;
  /// Maximum rate of visited elements per second; the range sleeps between pages. 0: no limit.
  std::int64_t per_second = 100'000;
  /// Resume an earlier scan of the same key: its `cursor()`. Empty: start from the beginning.
  std::string from{};
};

/// A member of a sorted set.
struct ScoredMember {
  std::string member{};
  double score = 0;
  bool operator==(const ScoredMember&) const = default;
};

/// A field of a hash.
struct HashField {
  std::string field{};
  std::string value{};
  bool operator==(const HashField&) const = default;
};

/// A single-pass range over the elements of a scan, fetched page by page during iteration. Not
/// thread-safe. Movable while no iterator is in use. See Scanner for its guarantees.
template <class Element>
class Scan {
 public:
  class Iterator {
   public:
    using iterator_concept = std::input_iterator_tag;
    using value_type = Element;
    using difference_type = std::ptrdiff_t;

    explicit Iterator(Scan& scan) : scan_(&scan) {}
    const Element& operator*() const { return scan_->page_[scan_->next_]; }
    const Element* operator->() const { return &**this; }
    Iterator& operator++() {
      scan_->advance();
      return *this;
    }
    void operator++(int) { ++*this; }
    bool operator==(std::default_sentinel_t) const { return scan_->done(); }

   private:
    Scan* scan_;
  };

  explicit Scan(std::unique_ptr<mirror::Pages> pages);
  Scan(Scan&&) noexcept;
  Scan& operator=(Scan&&) noexcept;
  ~Scan();

  /// Continues at the current element after a `break` or an error.
  Iterator begin() {
    if (next_ == page_.size()) read_page();
    return Iterator(*this);
  }
  [[nodiscard]] std::default_sentinel_t end() const { return {}; }

  /// The position for ScanOptions::from, valid at any later time and in any process. It denotes the
  /// page of the current element, so elements of that page are returned again. After a restart or
  /// failover of Redis a resumed scan restarts from the beginning.
  [[nodiscard]] std::string cursor() const;
  /// True after the last element.
  [[nodiscard]] bool done() const { return over_ && next_ == page_.size(); }

 private:
  void advance() {
    if (++next_ == page_.size()) read_page();
  }
  void read_page();

  std::unique_ptr<mirror::Pages> pages_;
  std::vector<Element> page_{};
  std::size_t next_ = 0;  // in page_
  bool over_ = false;     // there is no page behind page_
};

extern template class Scan<std::string>;
extern template class Scan<ScoredMember>;
extern template class Scan<HashField>;

/// Options of a Scanner.
struct ScannerOptions {
  std::string url{};  ///< As QueueOptions::url.
};

/// Reads large collections page by page, without blocking other clients of Redis.
///
///     rqpp::Scanner redis;
///     for (const std::string& key : redis.scan({.match = "session:*"})) forget(key);
///     for (const auto& [member, score] : redis.zscan("board", {.per_second = 10'000})) …
///
/// The guarantees are those of SCAN: an element that is present during the whole scan is returned
/// at least once; an element that is never present is never returned; an element that is added or
/// removed during the scan may or may not be returned; duplicates are possible; the order is
/// undefined. If Redis restarts, the scan restarts too and keeps these guarantees. A collection in
/// compact encoding (listpack or intset, by default up to 128 to 512 small elements) is returned as
/// one page, whatever `count` is.
///
/// All scans of a Scanner and its copies share one connection, one command at a time. Thread-safe.
/// The first use connects; a process forked after that opens its own connection. In a Redis Cluster
/// it sees only the keys of the node that it is connected to.
///
/// Fetching a page may throw ConnectionError (also for a page above 64 MiB: use a smaller `count`)
/// and TimeoutError; iteration can then be continued without missing elements. It throws
/// CommandError for a key of another type and DecodeError for a malformed reply.
class Scanner {
 public:
  /// Throws InvalidArgument for a bad URL.
  explicit Scanner(const ScannerOptions& options = {});

  /// The keys of the database; replaces KEYS. This and the other scans throw InvalidArgument for
  /// options out of range and for an invalid `from`.
  [[nodiscard]] Scan<std::string> scan(const ScanOptions& options = {}) const;
  /// The members of a set; replaces SMEMBERS.
  [[nodiscard]] Scan<std::string> sscan(const std::string& key,
                                        const ScanOptions& options = {}) const;
  /// The members and scores of a sorted set, unordered; replaces ZRANGE 0 -1 and ZRANGEBYSCORE -inf
  /// +inf.
  [[nodiscard]] Scan<ScoredMember> zscan(const std::string& key,
                                         const ScanOptions& options = {}) const;
  /// The fields of a hash; replaces HGETALL, HKEYS and HVALS.
  [[nodiscard]] Scan<HashField> hscan(const std::string& key,
                                      const ScanOptions& options = {}) const;

 private:
  std::shared_ptr<mirror::Line> line_;  // shared with copies and scans
};

}  // namespace rqpp
