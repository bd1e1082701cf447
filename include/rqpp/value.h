#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include <rqpp/time.h>

namespace rqpp {

class Value;

/// An integer beyond 64 bits, as decimal digits with an optional leading `-`.
struct BigInteger {
  std::string digits{};
  bool operator==(const BigInteger&) const = default;
};

/// Python's `bytes`.
struct Bytes {
  std::string data{};
  bool operator==(const Bytes&) const = default;
};

/// Python's `bytearray`.
struct ByteArray {
  std::string data{};
  bool operator==(const ByteArray&) const = default;
};

/// Python's `datetime.timedelta`, normalised as Python does: 0 <= seconds < 86400,
/// 0 <= microseconds < 1000000, days may be negative.
struct TimeDelta {
  std::int64_t days = 0;
  std::int32_t seconds = 0;
  std::int32_t microseconds = 0;

  static TimeDelta from(std::chrono::microseconds duration);  ///< Any duration fits.
  /// Throws DecodeError if the duration does not fit (about 292,000 years).
  [[nodiscard]] std::chrono::microseconds to_duration() const;
  bool operator==(const TimeDelta&) const = default;
};

/// Python's `datetime.timezone`: a fixed offset from UTC. `name` is empty unless one was given.
struct TimeZone {
  TimeDelta offset{};
  std::string name{};
  bool operator==(const TimeZone&) const = default;
};

/// Python's `datetime.date`. Year 1 to 9999.
struct Date {
  std::int32_t year = 1;
  std::int32_t month = 1;
  std::int32_t day = 1;
  bool operator==(const Date&) const = default;
};

/// Python's `datetime.time`; without a zone it is naive.
struct TimeOfDay {
  std::int32_t hour = 0;
  std::int32_t minute = 0;
  std::int32_t second = 0;
  std::int32_t microsecond = 0;
  std::int32_t fold = 0;  ///< 0 or 1, as in Python.
  std::optional<TimeZone> zone{};
  bool operator==(const TimeOfDay&) const = default;
};

/// Python's `datetime.datetime`.
struct DateTime {
  Date date{};
  TimeOfDay time{};

  /// A DateTime in UTC. Throws InvalidArgument outside the years 1 to 9999.
  static DateTime from(Time time);
  /// The moment meant; a naive DateTime is taken as UTC. Throws DecodeError for an impossible date.
  [[nodiscard]] Time to_time() const;
  bool operator==(const DateTime&) const = default;
};

/// Python's `decimal.Decimal`, as its text (`1.50`, `NaN`, `1E+5`).
struct Decimal {
  std::string text{};
  bool operator==(const Decimal&) const = default;
};

/// Python's `uuid.UUID`, big-endian.
struct Uuid {
  std::array<std::uint8_t, 16> bytes{};
  [[nodiscard]] std::string to_string() const;  ///< 36 characters, lower case, with dashes.
  bool operator==(const Uuid&) const = default;
};

/// A pickled object that is not plain data. It is never built or called; only its name is kept, so
/// that the rest of the call stays readable.
struct Opaque {
  std::string module{};
  std::string name{};
  bool operator==(const Opaque&) const = default;
};

/// A plain Python value: what travels as argument, result or meta between C++ and Python.
///
/// Values are immutable and cheap to copy: containers are shared. A value that Python could not
/// hold (the 31st of June, a list as the key of a dict) cannot be made: InvalidArgument.
///
///     Value v = Value::dict({{"n", 20}, {"tags", Value::list({"a", "b"})}});
///     v.at("n").as_int();     // 20
///     v.repr();               // {'n': 20, 'tags': ['a', 'b']}
class Value {
 public:
  /// In the order of the variant below.
  enum class Kind : std::uint8_t {
    null,
    boolean,
    integer,
    big_integer,
    real,
    string,
    bytes,
    bytearray,
    list,
    tuple,
    dict,
    set,
    frozenset,
    date,
    time,
    datetime,
    timedelta,
    timezone,
    decimal,
    uuid,
    opaque,
  };
  using Items = std::vector<Value>;
  using Pair = std::pair<Value, Value>;
  using Pairs = std::vector<Pair>;

  /// How deep containers may nest: `[[]]` is 2 deep.
  static constexpr std::size_t kMaxDepth = 512;
  /// The digits that an integer may have, as Python limits them by default.
  static constexpr std::size_t kMaxIntegerDigits = 4300;

  Value() = default;
  Value(std::nullptr_t) {}             // NOLINT(google-explicit-constructor)
  Value(std::same_as<bool> auto flag)  // NOLINT(google-explicit-constructor)
      : data_(flag) {}
  /// Unsigned values beyond int64 become a BigInteger.
  template <std::integral T>
  requires(!std::same_as<T, bool> && !std::same_as<T, char>)
      Value(T number) {  // NOLINT(google-explicit-constructor)
    if constexpr (std::unsigned_integral<T> && sizeof(T) >= sizeof(std::int64_t)) {
      *this = from_unsigned(number);
    } else {
      data_ = static_cast<std::int64_t>(number);
    }
  }
  Value(std::floating_point auto number)  // NOLINT(google-explicit-constructor)
      : data_(static_cast<double>(number)) {}
  Value(const char* text) : data_(std::string(text)) {}       // NOLINT(google-explicit-constructor)
  Value(std::string text) : data_(std::move(text)) {}         // NOLINT(google-explicit-constructor)
  Value(std::string_view text) : data_(std::string(text)) {}  // NOLINT(google-explicit-constructor)
  Value(BigInteger number);   // NOLINT: becomes an int64 when it fits; `digits` is checked
  Value(Bytes bytes);         // NOLINT(google-explicit-constructor)
  Value(ByteArray bytes);     // NOLINT(google-explicit-constructor)
  Value(Date date);           // NOLINT(google-explicit-constructor)
  Value(TimeOfDay time);      // NOLINT(google-explicit-constructor)
  Value(DateTime time);       // NOLINT(google-explicit-constructor)
  Value(TimeDelta duration);  // NOLINT(google-explicit-constructor)
  Value(TimeZone zone);       // NOLINT(google-explicit-constructor)
  Value(Decimal number);      // NOLINT(google-explicit-constructor)
  Value(Uuid uuid);           // NOLINT(google-explicit-constructor)
  Value(Opaque opaque);       // NOLINT(google-explicit-constructor)

  // These throw InvalidArgument when nested deeper than kMaxDepth, when a set or a dict gets an
  // item or a key that Python cannot hash, and when shared parts multiply beyond all memory.
  static Value list(Items items = {});
  static Value tuple(Items items = {});
  static Value set(Items items = {});        ///< Repeated items (by `python_equal`) are dropped.
  static Value frozenset(Items items = {});  ///< As `set`.
  /// Later pairs with an equal key replace the value of the earlier one, as in Python.
  static Value dict(Pairs pairs = {});

  [[nodiscard]] Kind kind() const { return static_cast<Kind>(data_.index()); }
  /// The name of the Python type: `int`, `str`, `NoneType`, `datetime.datetime`,
  /// `fractions.Fraction`.
  [[nodiscard]] std::string type_name() const;
  /// As Python's repr(): `'abc'`, `[1, 2.0]`, `{'a': None}`, `b'\x00'`.
  [[nodiscard]] std::string repr() const;

  [[nodiscard]] bool is_null() const { return kind() == Kind::null; }
  [[nodiscard]] bool is_string() const { return kind() == Kind::string; }

  // Each throws DecodeError (`expected an int, got str 'abc'`) if the value is of another kind.
  [[nodiscard]] bool as_bool() const;
  [[nodiscard]] std::int64_t as_int()
      const;  ///< Also throws if it is beyond 64 bits. A bool is not an int here.
  [[nodiscard]] double as_double() const;  ///< Takes an integer too.
  [[nodiscard]] const std::string& as_string() const;
  [[nodiscard]] const std::string& as_bytes() const;   ///< bytes or bytearray.
  [[nodiscard]] std::span<const Value> items() const;  ///< list, tuple, set or frozenset.
  Items take_items() &&;  ///< As `items`, moved out if nobody shares them.
  [[nodiscard]] std::span<const Pair> pairs() const;  ///< dict, in insertion order.

  /// The value under a string key of a dict, or nullptr. Throws DecodeError if this is no dict.
  [[nodiscard]] const Value* find(std::string_view key) const;
  /// As `find`, but throws DecodeError if the key is absent.
  [[nodiscard]] const Value& at(std::string_view key) const;

  /// The structure held, or nullptr: `value.get_if<DateTime>()`.
  template <class T>
  const T* get_if() const {
    if constexpr (kBoxed<T>) {
      const auto* box = std::get_if<std::shared_ptr<const T>>(&data_);
      return box == nullptr ? nullptr : box->get();
    } else {
      return std::get_if<T>(&data_);
    }
  }

  /// The first opaque node inside this value (depth first), or nullptr.
  const Opaque* find_opaque() const;
  /// How deep containers nest: 0 for a plain value.
  [[nodiscard]] std::size_t depth() const;
  /// About the bytes of memory that this value would take if nothing in it were shared: what a walk
  /// over all of it costs.
  [[nodiscard]] std::size_t expanded_size() const;

  /// Same kind and same content. Sets compare without regard to order, dicts too.
  /// `1 == 1.0 == True` is false here; see `python_equal`.
  friend bool operator==(const Value& a, const Value& b);
  /// Equality as Python's `==` between dict keys sees it: 1 == 1.0 == True.
  static bool python_equal(const Value& a, const Value& b);

 private:
  // What a container knows of all that it holds, so that no walk needs to find it out: a pickle may
  // refer to one node many times, and 60 lists of two references each mean 2^60 values.
  struct Extent {
    std::size_t expanded = 0;
    std::uint32_t depth = 0;
    bool opaque = false;
    bool hashable = true;

    void add(const Value& value);
    void check() const;
  };
  // Containers are immutable nodes; an empty one needs none.
  struct Sequence {
    Items items{};
    Extent extent{};
  };
  struct Mapping {
    Pairs pairs{};
    Extent extent{};
  };
  struct Members {
    Items items{};
    std::vector<std::uint32_t> ascending{};  // Indices of items, sorted by `compare`.
    Extent extent{};
  };
  struct List {
    std::shared_ptr<const Sequence> node{};
  };
  struct Tuple {
    std::shared_ptr<const Sequence> node{};
  };
  struct Dict {
    std::shared_ptr<const Mapping> node{};
  };
  struct Set {
    std::shared_ptr<const Members> node{};
  };
  struct FrozenSet {
    std::shared_ptr<const Members> node{};
  };
  // What is large and rare is kept apart, so that a Value has 40 bytes.
  template <class T>
  static constexpr bool kBoxed = std::same_as<T, TimeOfDay> || std::same_as<T, DateTime> ||
                                 std::same_as<T, TimeZone> || std::same_as<T, Opaque>;

  static Value from_unsigned(std::uint64_t number);
  static std::shared_ptr<const Sequence> make_sequence(Items items);
  static std::shared_ptr<const Members> make_members(Items items);
  static void sort_members(Members& members);
  static void drop_repeated_keys(Pairs& pairs);
  static bool are_few_and_distinct(std::span<const Pair> pairs);

  // An order in which values that are equal in Python stand side by side.
  static int compare(const Value& a, const Value& b);
  static int compare_members(const Members* a, const Members* b);
  static int compare_pairs(std::span<const Pair> a, std::span<const Pair> b);
  static std::vector<std::uint32_t> ascending_keys(std::span<const Pair> pairs);
  static bool equals_itself(const Value& value);  // NaN does not, nor does an unknown object.
  static bool same_pairs(std::span<const Pair> a, std::span<const Pair> b);
  static bool same_members(const Members* a, const Members* b);
  const Extent* extent() const;
  const Members* members() const;

  std::variant<std::monostate, bool, std::int64_t, BigInteger, double, std::string, Bytes,
               ByteArray, List, Tuple, Dict, Set, FrozenSet, Date, std::shared_ptr<const TimeOfDay>,
               std::shared_ptr<const DateTime>, TimeDelta, std::shared_ptr<const TimeZone>, Decimal,
               Uuid, std::shared_ptr<const Opaque>>
      data_{};
};

}  // namespace rqpp
