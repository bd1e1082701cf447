// Equality of values, and the order that finds equal keys: sorting needs no hash function that
// somebody could choose keys against.

#include <rqpp/value.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "codec/integer_text.h"

namespace rqpp {
namespace {

template <class T>
int three_way(const T& a, const T& b) {
  return a < b ? -1 : (b < a ? 1 : 0);
}

bool is_number(const Value& value) {
  return value.kind() >= Value::Kind::boolean && value.kind() <= Value::Kind::real;
}

/// The integer that a bool or an int is.
std::int64_t small_integer(const Value& value) {
  if (const auto* flag = value.get_if<bool>()) return *flag ? 1 : 0;
  return value.as_int();
}

bool is_small(const Value& value) {
  return value.kind() == Value::Kind::boolean || value.kind() == Value::Kind::integer;
}

/// Exactly, not by rounding the integer to a double.
int compare_with_real(std::int64_t integer, double real) {
  constexpr double kTwoTo63 = 9223372036854775808.0;
  if (std::isnan(real) || real >= kTwoTo63) return -1;
  if (real < -kTwoTo63) return 1;
  const double whole = std::trunc(real);
  const int order = three_way(integer, static_cast<std::int64_t>(whole));
  return order != 0 ? order : three_way(whole, real);
}

int compare_with_real(const BigInteger& integer, double real) {
  const bool negative = integer.digits.front() == '-';
  if (std::isnan(real) || (std::isinf(real) && real > 0)) return -1;
  if (std::isinf(real)) return 1;
  if (std::abs(real) < 9223372036854775808.0) return negative ? -1 : 1;
  return codec::compare_integers(integer.digits, codec::integer_of(real));  // Real is whole here.
}

int compare_reals(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return three_way(std::isnan(a), std::isnan(b));
  return three_way(a, b);
}

int compare_numbers(const Value& a, const Value& b) {
  if (is_small(a) && is_small(b)) return three_way(small_integer(a), small_integer(b));
  const auto* real_a = a.get_if<double>();
  const auto* real_b = b.get_if<double>();
  if (real_a != nullptr && real_b != nullptr) return compare_reals(*real_a, *real_b);
  if (real_a != nullptr) return -compare_numbers(b, a);
  if (real_b != nullptr) {
    return is_small(a) ? compare_with_real(small_integer(a), *real_b)
                       : compare_with_real(*a.get_if<BigInteger>(), *real_b);
  }
  // A BigInteger lies beyond every small one, on the side of its sign.
  if (is_small(a)) return b.get_if<BigInteger>()->digits.front() == '-' ? 1 : -1;
  if (is_small(b)) return a.get_if<BigInteger>()->digits.front() == '-' ? -1 : 1;
  return codec::compare_integers(a.get_if<BigInteger>()->digits, b.get_if<BigInteger>()->digits);
}

int compare_deltas(const TimeDelta& a, const TimeDelta& b) {
  if (const int order = three_way(a.days, b.days)) return order;
  if (const int order = three_way(a.seconds, b.seconds)) return order;
  return three_way(a.microseconds, b.microseconds);
}

int compare_zones(const TimeZone& a, const TimeZone& b) {
  const int order = compare_deltas(a.offset, b.offset);
  return order != 0 ? order : three_way(a.name, b.name);
}

int compare_dates(const Date& a, const Date& b) {
  const auto key = [](const Date& date) { return (date.year * 16 + date.month) * 32 + date.day; };
  return three_way(key(a), key(b));
}

int compare_times(const TimeOfDay& a, const TimeOfDay& b) {
  const auto key = [](const TimeOfDay& time) {
    return std::array{time.hour, time.minute, time.second, time.microsecond, time.fold};
  };
  if (const int order = three_way(key(a), key(b))) return order;
  if (!a.zone || !b.zone) return three_way(a.zone.has_value(), b.zone.has_value());
  return compare_zones(*a.zone, *b.zone);
}

int compare_opaques(const Opaque& a, const Opaque& b) {
  const int order = three_way(a.module, b.module);
  return order != 0 ? order : three_way(a.name, b.name);
}

/// Two values of one kind that is no number and no container.
int compare_plain(const Value& a, const Value& b) {
  switch (a.kind()) {
    case Value::Kind::string:
      return three_way(a.as_string(), b.as_string());
    case Value::Kind::bytes:
    case Value::Kind::bytearray:
      return three_way(a.as_bytes(), b.as_bytes());
    case Value::Kind::date:
      return compare_dates(*a.get_if<Date>(), *b.get_if<Date>());
    case Value::Kind::time:
      return compare_times(*a.get_if<TimeOfDay>(), *b.get_if<TimeOfDay>());
    case Value::Kind::datetime: {
      const auto& left = *a.get_if<DateTime>();
      const auto& right = *b.get_if<DateTime>();
      const int order = compare_dates(left.date, right.date);
      return order != 0 ? order : compare_times(left.time, right.time);
    }
    case Value::Kind::timedelta:
      return compare_deltas(*a.get_if<TimeDelta>(), *b.get_if<TimeDelta>());
    case Value::Kind::timezone:
      return compare_zones(*a.get_if<TimeZone>(), *b.get_if<TimeZone>());
    case Value::Kind::decimal:
      return three_way(a.get_if<Decimal>()->text, b.get_if<Decimal>()->text);
    case Value::Kind::uuid:
      return three_way(a.get_if<Uuid>()->bytes, b.get_if<Uuid>()->bytes);
    case Value::Kind::opaque:
      return compare_opaques(*a.get_if<Opaque>(), *b.get_if<Opaque>());
    default:
      return 0;
  }
}

/// Sets and frozensets compare as equal in Python; everything else only with its own kind.
int rank(const Value& value) {
  if (is_number(value)) return static_cast<int>(Value::Kind::boolean);
  if (value.kind() == Value::Kind::frozenset) return static_cast<int>(Value::Kind::set);
  if (value.kind() == Value::Kind::bytearray) return static_cast<int>(Value::Kind::bytes);
  return static_cast<int>(value.kind());
}

std::vector<std::uint32_t> first_indices(std::size_t count) {
  std::vector<std::uint32_t> indices(count);
  std::iota(indices.begin(), indices.end(), 0U);
  return indices;
}

}  // namespace

int Value::compare(const Value& a, const Value& b) {
  if (const int order = three_way(rank(a), rank(b))) return order;
  switch (a.kind()) {
    case Kind::boolean:
    case Kind::integer:
    case Kind::big_integer:
    case Kind::real:
      return compare_numbers(a, b);
    case Kind::list:
    case Kind::tuple: {
      const auto left = a.items();
      const auto right = b.items();
      if (left.data() == right.data() && left.size() == right.size()) return 0;
      for (std::size_t i = 0; i < std::min(left.size(), right.size()); ++i) {
        if (const int order = compare(left[i], right[i])) return order;
      }
      return three_way(left.size(), right.size());
    }
    case Kind::dict:
      return compare_pairs(a.pairs(), b.pairs());
    case Kind::set:
    case Kind::frozenset:
      return compare_members(a.members(), b.members());
    default:
      return compare_plain(a, b);
  }
}

int Value::compare_members(const Members* a, const Members* b) {
  if (a == b) return 0;
  if (a == nullptr) return -1;
  if (b == nullptr) return 1;
  if (const int order = three_way(a->items.size(), b->items.size())) return order;
  for (std::size_t i = 0; i < a->items.size(); ++i) {
    const int order = compare(a->items[a->ascending[i]], b->items[b->ascending[i]]);
    if (order != 0) return order;
  }
  return 0;
}

std::vector<std::uint32_t> Value::ascending_keys(std::span<const Pair> pairs) {
  auto indices = first_indices(pairs.size());
  std::stable_sort(indices.begin(), indices.end(), [&](std::uint32_t a, std::uint32_t b) {
    return compare(pairs[a].first, pairs[b].first) < 0;
  });
  return indices;
}

int Value::compare_pairs(std::span<const Pair> a, std::span<const Pair> b) {
  if (const int order = three_way(a.size(), b.size())) return order;
  if (a.data() == b.data()) return 0;
  const auto left = ascending_keys(a);
  const auto right = ascending_keys(b);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (const int order = compare(a[left[i]].first, b[right[i]].first)) return order;
    if (const int order = compare(a[left[i]].second, b[right[i]].second)) return order;
  }
  return 0;
}

bool Value::equals_itself(const Value& value) {
  if (const auto* real = value.get_if<double>()) return !std::isnan(*real);
  if (value.kind() == Kind::opaque) return false;
  const Extent* inner = value.extent();
  if (inner == nullptr) return true;
  if (value.kind() == Kind::dict) {
    const auto pairs = value.pairs();
    return std::all_of(pairs.begin(), pairs.end(), [](const Pair& pair) {
      return equals_itself(pair.first) && equals_itself(pair.second);
    });
  }
  const auto items = value.items();
  return std::all_of(items.begin(), items.end(), equals_itself);
}

bool Value::python_equal(const Value& a, const Value& b) {
  return compare(a, b) == 0 && equals_itself(a);
}

void Value::sort_members(Members& members) {
  const Items& items = members.items;
  auto indices = first_indices(items.size());
  std::stable_sort(indices.begin(), indices.end(), [&](std::uint32_t a, std::uint32_t b) {
    return compare(items[a], items[b]) < 0;
  });
  const auto is_repeated = [&](std::uint32_t before, std::uint32_t index) {
    return python_equal(items[before], items[index]);
  };
  const auto end = std::unique(indices.begin(), indices.end(), is_repeated);
  if (end == indices.end()) {
    members.ascending = std::move(indices);
    return;
  }
  indices.erase(end, indices.end());
  auto kept = indices;
  std::sort(kept.begin(), kept.end());
  Items distinct;
  distinct.reserve(kept.size());
  for (const auto index : kept) distinct.push_back(items[index]);
  for (auto& index : indices) {
    const auto place = std::lower_bound(kept.begin(), kept.end(), index) - kept.begin();
    index = static_cast<std::uint32_t>(place);
  }
  members.items = std::move(distinct);
  members.ascending = std::move(indices);
}

bool Value::are_few_and_distinct(std::span<const Pair> pairs) {
  if (pairs.size() > 8) return false;
  for (std::size_t i = 1; i < pairs.size(); ++i) {
    for (std::size_t k = 0; k < i; ++k) {
      if (compare(pairs[i].first, pairs[k].first) == 0) return false;
    }
  }
  return true;
}

void Value::drop_repeated_keys(Pairs& pairs) {
  if (are_few_and_distinct(pairs)) return;
  const auto indices = ascending_keys(pairs);
  std::vector<bool> repeated(pairs.size(), false);
  std::uint32_t first = indices[0];
  for (std::size_t i = 1; i < indices.size(); ++i) {
    if (!python_equal(pairs[first].first, pairs[indices[i]].first)) {
      first = indices[i];
      continue;
    }
    pairs[first].second = std::move(pairs[indices[i]].second);
    repeated[indices[i]] = true;
  }
  Pairs distinct;
  distinct.reserve(pairs.size());
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    if (!repeated[i]) distinct.push_back(std::move(pairs[i]));
  }
  pairs = std::move(distinct);
}

bool Value::same_pairs(std::span<const Pair> a, std::span<const Pair> b) {
  if (a.size() != b.size()) return false;
  if (a.data() == b.data()) return true;
  const auto left = ascending_keys(a);
  const auto right = ascending_keys(b);
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (a[left[i]] != b[right[i]]) return false;
  }
  return true;
}

bool Value::same_members(const Members* a, const Members* b) {
  if (a == b) return true;
  if (a == nullptr || b == nullptr || a->items.size() != b->items.size()) return false;
  for (std::size_t i = 0; i < a->items.size(); ++i) {
    if (a->items[a->ascending[i]] != b->items[b->ascending[i]]) return false;
  }
  return true;
}

bool operator==(const Value& a, const Value& b) {
  if (a.kind() != b.kind()) return false;
  switch (a.kind()) {
    case Value::Kind::real: {
      const double left = *a.get_if<double>();
      const double right = *b.get_if<double>();
      return left == right || (std::isnan(left) && std::isnan(right));
    }
    case Value::Kind::list:
    case Value::Kind::tuple: {
      const auto left = a.items();
      const auto right = b.items();
      if (left.data() == right.data() && left.size() == right.size()) return true;
      return std::equal(left.begin(), left.end(), right.begin(), right.end());
    }
    case Value::Kind::dict:
      return Value::same_pairs(a.pairs(), b.pairs());
    case Value::Kind::set:
    case Value::Kind::frozenset:
      return Value::same_members(a.members(), b.members());
    default:
      return Value::compare(a, b) == 0;
  }
}

}  // namespace rqpp
