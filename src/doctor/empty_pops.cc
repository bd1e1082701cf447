#include "doctor/empty_pops.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace rqpp::doctor {
namespace {

constexpr std::array<std::string_view, 16> kPops{
    "lpop",  "rpop",  "lmove",  "rpoplpush",  "spop",     "zpopmin",  "zpopmax", "lmpop",
    "blpop", "brpop", "blmove", "brpoplpush", "bzpopmin", "bzpopmax", "blmpop",  "zmpop"};
/// Each call changes at least one thing.
constexpr std::array<std::string_view, 16> kWrites{
    "set",   "setex", "psetex", "incr", "incrby", "decr",        "decrby", "append",
    "lpush", "rpush", "xadd",   "hset", "hmset",  "incrbyfloat", "mset",   "hincrby"};
template <class Which>
double rate_of(const Load& load, const Which& which) {
  double rate = 0;
  for (const CommandLoad& command : load.commands) {
    if (which(command.name)) rate += command.per_second;
  }
  return rate;
}

template <std::size_t size>
auto among(const std::array<std::string_view, size>& names) {
  return [&names](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
}

}  // namespace

double empty_pops_per_second(const Sample& before, const Sample& after, const Load& load) {
  if (!before.changes || !after.changes || !(load.seconds > 0)) return 0;
  // A save counts changes anew.
  if (before.last_save != after.last_save || *after.changes < *before.changes) return 0;
  const double changes = growth(before.changes, after.changes).value_or(0) / load.seconds;
  const double by_pops = std::max(changes - rate_of(load, among(kWrites)), 0.0);
  const double empty = rate_of(load, among(kPops)) - by_pops - 2 * rate_of(load, calls_script);
  return std::max(empty, 0.0);
}

}  // namespace rqpp::doctor
