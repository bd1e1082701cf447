#include "protocol/maintenance.h"

#include "codec/timestamp.h"
#include "protocol/keys.h"
#include "protocol/scripts.h"
#include "protocol/seconds.h"

#include <rqpp/error.h>

namespace rqpp::protocol {
namespace {

constexpr std::chrono::seconds kLock{899};        // RQ's
constexpr std::chrono::seconds kCommonLock{599};  // workers come by each 600 s
constexpr std::chrono::hours kCanceledFor{365 * 24};
constexpr std::chrono::seconds kStuckAfter{60};  // RQ's

}  // namespace

redis::Batch lock_maintenance(std::string_view queue) {
  return redis::Batch{}.add("SET", keys::maintenance(queue), 1, "NX", "EX", kLock.count());
}

redis::Batch unlock_maintenance(std::string_view queue) {
  return redis::Batch{}.add("DEL", keys::maintenance(queue));
}

redis::Batch lock_common_maintenance() {
  return redis::Batch{}.add("SET", keys::kCommonMaintenance, 1, "NX", "EX", kCommonLock.count());
}

redis::Batch clean_queue(std::string_view queue, Time now) {
  return redis::Batch{}.call(scripts::clean_queue,
                             {keys::finished(queue), keys::failed(queue), keys::canceled(queue),
                              keys::ready(queue), keys::queue(queue)},
                             {codec::format_iso(now), whole_seconds(now),
                              whole_seconds(now - kCanceledFor), std::to_string(kCleanSlice)});
}

redis::Batch deferred_page(std::string_view queue, std::string_view cursor) {
  return redis::Batch{}.call(scripts::deferred_page, {keys::deferred(queue)},
                             {std::string(cursor)});
}

redis::Batch take_abandoned(const AbandonedRequest& request, Time now) {
  std::vector<std::string> args{whole_seconds(now),
                                codec::format_epoch(now),
                                codec::format_iso(now),
                                codec::format_iso(now - kStuckAfter),
                                request.queue,
                                std::to_string(request.runs_left),
                                std::to_string(request.ids_left),
                                session_member(request.heir.session),
                                begun_score(request.heir)};
  args.insert(args.end(), request.execution_ids.begin(), request.execution_ids.end());
  return redis::Batch{}.call(scripts::take_abandoned,
                             {keys::wip(request.queue), keys::intermediate(request.queue),
                              keys::runs(request.heir.worker)},
                             args);
}

Abandoned read_abandoned(const redis::Reply& reply, std::string_view heir) {
  if (reply.elements.size() != 5) {
    throw DecodeError("the take_abandoned script answered in an unknown form");
  }
  return {.runs = read_started(reply.elements[0], heir),
          .stuck = read_started(reply.elements[1], heir),
          .runs_left = reply.elements[2].number,
          .ids_left = reply.elements[3].number,
          .more = reply.elements[4].number == 1};
}

redis::Batch clean_workers(std::string_view queue, std::string_view cursor) {
  std::vector<std::string> sets;
  if (!queue.empty()) sets.push_back(keys::queue_workers(queue));
  sets.emplace_back(keys::kWorkers);
  return redis::Batch{}.call(scripts::clean_workers, sets, {std::string(cursor)});
}

redis::Batch groups_page(std::string_view cursor) {
  return redis::Batch{}.add("SSCAN", keys::kGroups, cursor, "COUNT", 100);
}

redis::Batch clean_group(std::string_view group, std::string_view cursor) {
  return redis::Batch{}.call(scripts::clean_group, {keys::group(group), std::string(keys::kGroups)},
                             {std::string(group), std::string(cursor)});
}

redis::Batch limits_page(std::string_view cursor) {
  return redis::Batch{}.add("SSCAN", keys::kLimits, cursor, "COUNT", 100);
}

redis::Batch clean_slots(std::string_view key, std::string_view cursor, Time now) {
  return redis::Batch{}.call(
      scripts::clean_slots,
      {keys::allowed(key), keys::rate_limited(key), keys::limit(key), std::string(keys::kLimits)},
      {std::string(key), std::string(cursor), whole_seconds(now), codec::format_iso(now)});
}

std::string read_cursor(const redis::Reply& reply) {
  if (reply.text.empty()) throw DecodeError("a script that cleans a page gave no cursor");
  return reply.text;
}

}  // namespace rqpp::protocol
