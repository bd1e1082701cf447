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

/// Which elements a scan gives, and what it may cost.
struct ScanOptions {
  /// Only what fits this pattern of Redis: `session:*`, `h[ae]llo`, `\*`. Redis looks at the rest
  /// all the same, so it saves bytes, not work. Empty: everything.
  std::string match{};
  std::string type{};  ///< Of `scan`: only keys of this type, `hash`. Redis 6.
  /// How many elements Redis looks at in one command, about; 1 to 10,000.
  std::int64_t count = 100;
  /// How many elements Redis looks at in a second at most, whether they fit or not; 0: no limit.
  /// The range waits before it asks for the next page.
  std::int64_t per_second = 100'000;
  /// Go on where another scan of the same was: its `cursor()`. Empty: from the beginning.
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

/// The elements of a scan, for one `for`: they are asked for while it goes on, a page at a time.
/// See Scanner for what it promises. Belongs to one thread. May be moved as long as no iterator is
/// in use.
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

  /// The next element; after a `break`, or an error, the one that was not gone past.
  Iterator begin() {
    if (next_ == page_.size()) read_page();
    return Iterator(*this);
  }
  [[nodiscard]] std::default_sentinel_t end() const { return {}; }

  /// Where it is, for ScanOptions::from, at any later time and in any process: a short text. It is
  /// the page of the current element, which will come again. After a restart or a failover of Redis
  /// a cursor means nothing any more: the scan that goes on from it then begins anew by itself.
  [[nodiscard]] std::string cursor() const;
  /// True when all elements have been gone past.
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

/// Where a Scanner reads.
struct ScannerOptions {
  std::string url{};  ///< As QueueOptions::url.
};

/// Reads what may be large in slices that hold up no other client of Redis.
///
///     rqpp::Scanner redis;
///     for (const std::string& key : redis.scan({.match = "session:*"})) forget(key);
///     for (const auto& [member, score] : redis.zscan("board", {.per_second = 10'000})) …
///
/// What SCAN promises, and thus every range here: an element that is there from the beginning to
/// the end comes at least once; one that is never there never comes; one that is added or removed
/// meanwhile may or may not come; and one may come twice, so do with it what may be done twice. The
/// order means nothing. If Redis restarts meanwhile the scan begins anew by itself, which keeps
/// these promises. A collection that Redis holds in its compact encoding (a listpack or an intset,
/// by default up to 128 to 512 small elements) comes as one page, whatever `count` says.
///
/// Every scan of a Scanner uses its one connection, a command at a time; copies share it, and
/// threads too. The first use connects; a process forked after that makes a connection of its own.
/// Of a Redis Cluster it sees the keys of the node that it is connected to.
///
/// Each page throws ConnectionError (also for one above 64 MiB: use a smaller `count`) and
/// TimeoutError, after which the same range can be gone on with and nothing is left out;
/// CommandError for a key of another type; and DecodeError for what no Redis answers.
class Scanner {
 public:
  /// Throws InvalidArgument for a bad URL.
  explicit Scanner(const ScannerOptions& options = {});

  /// The keys of the database: instead of KEYS. All of these throw InvalidArgument for options
  /// outside their ranges and for a `from` that no scan gave.
  [[nodiscard]] Scan<std::string> scan(const ScanOptions& options = {}) const;
  /// The members of a set: instead of SMEMBERS.
  [[nodiscard]] Scan<std::string> sscan(const std::string& key,
                                        const ScanOptions& options = {}) const;
  /// The members of a sorted set, with their scores: instead of ZRANGE 0 -1 and ZRANGEBYSCORE -inf
  /// +inf, but not in the order of the scores.
  [[nodiscard]] Scan<ScoredMember> zscan(const std::string& key,
                                         const ScanOptions& options = {}) const;
  /// The fields of a hash: instead of HGETALL, HKEYS and HVALS.
  [[nodiscard]] Scan<HashField> hscan(const std::string& key,
                                      const ScanOptions& options = {}) const;

 private:
  std::shared_ptr<mirror::Line> line_;  // shared with copies and scans
};

}  // namespace rqpp
