#include "doctor/empty_pops.h"

#include <algorithm>
#include <array>
#include <span>
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
constexpr std::array<std::string_view, 6> kScripts{"eval",       "evalsha", "eval_ro",
                                                   "evalsha_ro", "fcall",   "fcall_ro"};

double rate_of(std::span<const std::string_view> names, const Load& load) {
  double rate = 0;
  for (const CommandLoad& command : load.commands) {
    if (std::find(names.begin(), names.end(), command.name) != names.end()) {
      rate += command.per_second;
    }
  }
  return rate;
}

}  // namespace

double empty_pops_per_second(const Sample& before, const Sample& after, const Load& load) {
  if (!before.changes || !after.changes || !(load.seconds > 0)) return 0;
  // A save counts changes anew.
  if (before.last_save != after.last_save || *after.changes < *before.changes) return 0;
  const double changes = static_cast<double>(*after.changes - *before.changes) / load.seconds;
  const double by_pops = std::max(changes - rate_of(kWrites, load), 0.0);
  const double empty = rate_of(kPops, load) - by_pops - 2 * rate_of(kScripts, load);
  return std::max(empty, 0.0);
}

}  // namespace rqpp::doctor
