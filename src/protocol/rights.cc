#include "protocol/rights.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <iterator>
#include <set>
#include <utility>

#include "protocol/keys.h"
#include "protocol/scripts.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

using Scripts = std::vector<const redis::Script*>;
using Names = std::vector<std::string_view>;

/// What a part sends and touches.
struct Part {
  Scripts scripts{};
  Names commands{};  // those outside of scripts
  Names keys{};      // patterns
  Names channels{};
};

/// What every connection says first, and what each call of a script needs.
const Part& connection() {
  static const Part part{.commands = {"ping", "select", "client|setname"}};
  return part;
}
const Part& caller() {
  static const Part part{.commands = {"multi", "exec", "eval", "evalsha"}};
  return part;
}

/// New jobs, from wherever.
const Part& enqueuing() {
  static const Part part{
      .scripts = {&scripts::defer, &scripts::once, &scripts::replace_job, &scripts::wait_for_slot},
      .commands = {"hset", "expire", "rpush", "lpush", "zadd", "sadd"},
      .keys = {"rq:job:*", "rq:queues", "rq:queue:*", "rq:scheduled:*", "rq:deferred:*",
               "rq:groups", "rq:group:*", "rq:rl-keys", "rq:rl:*"}};
  return part;
}

/// What a producer of C++ can do beside: unique jobs, producers, results.
const Part& producing() {
  static const Part part{.scripts = {&scripts::enqueue_unique, &scripts::push_once},
                         .commands = {"get", "del", "hget", "hmget", "hexists", "scard", "sscan",
                                      "xread", "xrevrange"},
                         .keys = {"rq:results:*", "rqpp:feeder:*", "rqpp:unique:*"}};
  return part;
}

const Part& working() {
  static const Part part{
      .scripts = {&scripts::birth,         &scripts::claim,          &scripts::claim_arrival,
                  &scripts::clean_group,   &scripts::clean_queue,    &scripts::clean_slots,
                  &scripts::clean_workers, &scripts::death,          &scripts::deferred_page,
                  &scripts::finish,        &scripts::give_back,      &scripts::inherit,
                  &scripts::lease,         &scripts::put_back,       &scripts::release,
                  &scripts::renew,         &scripts::resume,         &scripts::save_meta,
                  &scripts::settle,        &scripts::take_abandoned, &scripts::missing_rights},
      .commands = {"blmove",
                   "client|id",
                   "client|tracking",
                   "client|unblock",
                   "del",
                   "expire",
                   "hdel",
                   "hget",
                   "hincrby",
                   "hincrbyfloat",
                   "hmget",
                   "hset",
                   "mget",
                   "pttl",
                   "set",
                   "srandmember",
                   "sscan",
                   "srem",
                   "subscribe",
                   "xrevrange",
                   "zrange",
                   "zrem"},
      .keys = {"rq:results:*", "rq:wip:*", "rq:execution:*", "rq:executions:*", "rq:finished:*",
               "rq:failed:*", "rq:canceled:*", "rq:ready:*", "rq:workers", "rq:workers:*",
               "rq:worker:*", "rq:clean_registries:*", "rq:scheduler-lock:*", "rq:suspended",
               "rqpp:*"},
      .channels = {"rq:pubsub:*", "__redis__:invalidate"}};
  return part;
}

const Part& scheduling() {
  static const Part part{
      .scripts = {&scripts::enqueue_due, &scripts::hold_queues, &scripts::release_queues,
                  &scripts::missing_rights},
      .commands = {"client|id", "client|tracking", "del", "expire", "hset", "subscribe", "zrange"},
      .keys = {"rq:job:*", "rq:queue:*", "rq:scheduled:*", "rq:scheduler-lock:*", "rq:scheduler:*",
               "rq:rl-keys", "rq:rl:*"},
      .channels = {"__redis__:invalidate"}};
  return part;
}

const Part& timing() {
  static const Part part{
      .scripts = {&scripts::enqueue_cron, &scripts::hold_queues, &scripts::release_queues,
                  &scripts::missing_rights},
      .commands = {"del", "expire", "hmget", "hset", "zadd", "zrem"},
      .keys = {"rq:job:*", "rq:queues", "rq:queue:*", "rq:cron_schedulers", "rq:cron_scheduler:*",
               "rq:cron_job:*", "rq:cron_jobs", "rqpp:cron:*"}};
  return part;
}

const Part& watching() {
  static const Part part{.commands = {"exists", "get", "hexists", "hget", "hmget", "llen", "lrange",
                                      "mget", "pttl", "srandmember", "sscan", "xread", "xrevrange",
                                      "zcard", "zcount", "zrange", "zscore"},
                         .keys = {"rq:*", "rqpp:*"}};
  return part;
}

const Part& operating() {
  static const Part part{
      .scripts = {&scripts::cancel, &scripts::delete_job, &scripts::empty,
                  &scripts::expire_left_over, &scripts::forget_queue, &scripts::put_back_stuck,
                  &scripts::release, &scripts::remove_entry, &scripts::requeue,
                  &scripts::save_meta},
      .commands = {"del", "lrem", "publish", "set", "srem", "zmscore"},
      .keys = {"rq:*", "rqpp:*"},
      .channels = {"rq:pubsub:*"}};
  return part;
}

std::vector<const Part*> parts_of(Role role) {
  switch (role) {
    case Role::producer:
      return {&connection(), &caller(), &enqueuing(), &producing()};
    case Role::worker:
      return {&connection(), &caller(), &enqueuing(), &working()};
    case Role::scheduler:
      return {&connection(), &caller(), &scheduling()};
    case Role::cron:
      return {&connection(), &caller(), &timing()};
    case Role::monitor:
      return {&connection(), &watching()};
    case Role::operators:
      return {&connection(), &caller(), &enqueuing(), &producing(), &watching(), &operating()};
  }
  return {};
}

std::string in_lower_case(std::string_view word) {
  std::string text(word);
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Words in single quotes behind each place where the text has `before`.
void take_words_behind(std::string_view text, std::string_view before,
                       std::set<std::string>& words) {
  for (std::size_t at = text.find(before); at != std::string_view::npos;
       at = text.find(before, at + 1)) {
    const std::size_t begin = at + before.size();
    words.insert(in_lower_case(text.substr(begin, text.find('\'', begin) - begin)));
  }
}

std::vector<std::string> sorted(const std::set<std::string>& words) {
  return {words.begin(), words.end()};
}

/// Of patterns like `rq:*` and `rq:job:*` only the first is needed.
void drop_what_others_cover(std::set<std::string>& patterns) {
  std::erase_if(patterns, [&](const std::string& pattern) {
    return std::any_of(patterns.begin(), patterns.end(), [&](const std::string& other) {
      return other != pattern && other.ends_with('*') &&
             pattern.starts_with(std::string_view(other).substr(0, other.size() - 1));
    });
  });
}

/// A key that a pattern covers.
std::string exemplar(const std::string& pattern) {
  return pattern.ends_with('*') ? pattern.substr(0, pattern.size() - 1) : pattern;
}

std::vector<std::string> texts_of(const redis::Reply& reply) {
  std::vector<std::string> texts;
  for (const redis::Reply& each : reply.elements) texts.push_back(each.text);
  return texts;
}

}  // namespace

std::string_view role_name(Role role) noexcept {
  switch (role) {
    case Role::producer:
      return "producer";
    case Role::worker:
      return "worker";
    case Role::scheduler:
      return "scheduler";
    case Role::cron:
      return "cron";
    case Role::monitor:
      return "monitor";
    case Role::operators:
      return "operator";
  }
  return "unknown";
}

std::vector<std::string> commands_of(const redis::Script& script) {
  std::set<std::string> words;
  const std::string_view text = script.text();
  take_words_behind(text, "call('", words);
  // Which of them it is comes as an argument, or is decided on the way.
  for (const std::string_view decided :
       {"call(push,", "call(again,", "call(ARGV[7],", "'LPUSH' or"}) {
    if (text.find(decided) != std::string_view::npos) words.insert({"lpush", "rpush"});
  }
  if (text.find("call(push, KEYS[2], due") != std::string_view::npos) words.insert("zadd");
  return sorted(words);
}

Rights rights_of(std::span<const Role> roles) {
  std::set<std::string> commands;
  std::set<std::string> keys;
  std::set<std::string> channels;
  for (const Role role : roles) {
    for (const Part* part : parts_of(role)) {
      for (const redis::Script* script : part->scripts) {
        for (std::string& command : commands_of(*script)) commands.insert(std::move(command));
      }
      commands.insert(part->commands.begin(), part->commands.end());
      keys.insert(part->keys.begin(), part->keys.end());
      channels.insert(part->channels.begin(), part->channels.end());
    }
  }
  drop_what_others_cover(keys);
  return {.commands = sorted(commands), .keys = sorted(keys), .channels = sorted(channels)};
}

Rights rights_of(Role role) { return rights_of(std::span(&role, 1)); }

std::string acl_line(Role role) { return acl_line(std::span(&role, 1)); }

std::string acl_line(std::span<const Role> roles) {
  const Rights rights = rights_of(roles);
  std::string line =
      fmt::format("ACL SETUSER rqpp-{} on >secret resetkeys", role_name(roles.front()));
  for (const std::string& key : rights.keys) line += " ~" + key;
  line += " resetchannels";
  for (const std::string& channel : rights.channels) line += " &" + channel;
  line += " nocommands";
  for (const std::string& command : rights.commands) line += " +" + command;
  return line;
}

bool MissingRights::any() const {
  return !unknown.empty() || !commands.empty() || !keys.empty() || !channels.empty();
}

bool MissingRights::lacks(std::string_view command) const {
  const auto has = [&](const std::vector<std::string>& words) {
    return std::find(words.begin(), words.end(), command) != words.end();
  };
  return has(unknown) || has(commands);
}

redis::Batch missing_rights(const Rights& wanted) {
  redis::Batch batch;
  batch.call(scripts::missing_rights, {}, {std::to_string(wanted.commands.size())});
  batch.more_of(wanted.commands).more(wanted.keys.size());
  for (const std::string& pattern : wanted.keys) batch.more(exemplar(pattern));
  for (const std::string& pattern : wanted.channels) batch.more(exemplar(pattern));
  return batch;
}

MissingRights read_missing_rights(const redis::Reply& reply) {
  if (reply.elements.size() != 5) {
    throw DecodeError("the missing_rights script answered in an unknown form");
  }
  return {.known = reply.elements[0].number == 1,
          .unknown = texts_of(reply.elements[1]),
          .commands = texts_of(reply.elements[2]),
          .keys = texts_of(reply.elements[3]),
          .channels = texts_of(reply.elements[4])};
}

Sorted sort_out(MissingRights missing, std::span<const std::string_view> optional) {
  Sorted sorted{.needed = std::move(missing)};
  const auto part = [&](std::vector<std::string>& from, std::vector<std::string>& to) {
    const auto rest = std::stable_partition(from.begin(), from.end(), [&](const auto& command) {
      return std::find(optional.begin(), optional.end(), command) == optional.end();
    });
    std::move(rest, from.end(), std::back_inserter(to));
    from.erase(rest, from.end());
  };
  part(sorted.needed.unknown, sorted.optional.unknown);
  part(sorted.needed.commands, sorted.optional.commands);
  sorted.optional.channels = std::exchange(sorted.needed.channels, {});  // to listen is a comfort
  return sorted;
}

std::string describe(const MissingRights& missing) {
  std::vector<std::string> parts;
  const auto add = [&parts](const char* what, const std::vector<std::string>& words) {
    if (!words.empty()) parts.push_back(fmt::format("{} {}", what, fmt::join(words, " ")));
  };
  add("commands that this Redis does not have:", missing.unknown);
  add("commands:", missing.commands);
  std::vector<std::string> keys;
  for (const std::string& key : missing.keys) keys.push_back(key.ends_with(':') ? key + "*" : key);
  add("keys:", keys);
  add("channels:", missing.channels);
  return fmt::format("{}", fmt::join(parts, "; "));
}

redis::Batch forget_jobs(std::span<const std::string> ids) {
  redis::Batch batch;
  batch.add("DEL");
  for (const std::string& id : ids) batch.more(keys::job(id));
  return batch;
}

bool is_missing_right(std::string_view error) {
  return error.find("NOPERM") != std::string_view::npos ||
         error.find("The user executing the script") != std::string_view::npos ||  // Redis 7
         error.find("ACL failure in script") != std::string_view::npos;            // Redis 8
}

}  // namespace rqpp::protocol
