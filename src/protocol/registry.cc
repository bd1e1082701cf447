#include "protocol/registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "codec/timestamp.h"
#include "protocol/keys.h"
#include "protocol/queries.h"
#include "protocol/scripts.h"
#include "protocol/seconds.h"

#include <rqpp/error.h>

namespace rqpp {

std::string_view to_string(RegistryKind kind) noexcept {
  switch (kind) {
    case RegistryKind::finished:
      return "finished";
    case RegistryKind::failed:
      return "failed";
    case RegistryKind::started:
      return "started";
    case RegistryKind::deferred:
      return "deferred";
    case RegistryKind::scheduled:
      return "scheduled";
    case RegistryKind::canceled:
      return "canceled";
  }
  return "unknown";
}

namespace protocol {
namespace {

std::string key_of(RegistryKind kind, std::string_view queue) {
  switch (kind) {
    case RegistryKind::finished:
      return keys::finished(queue);
    case RegistryKind::failed:
      return keys::failed(queue);
    case RegistryKind::started:
      return keys::wip(queue);
    case RegistryKind::deferred:
      return keys::deferred(queue);
    case RegistryKind::scheduled:
      return keys::scheduled(queue);
    case RegistryKind::canceled:
      return keys::canceled(queue);
  }
  return {};
}

}  // namespace

bool forgets(RegistryKind kind) {
  return kind == RegistryKind::finished || kind == RegistryKind::failed;
}

redis::Batch registry_counts(RegistryKind kind, std::string_view queue, Time now) {
  const std::string key = key_of(kind, queue);
  return redis::Batch{}
      .add("ZCARD", key)
      .add("ZCOUNT", key, "-inf", "(0")
      .add("ZCOUNT", key, 0, whole_seconds(now));
}

RegistryCounts read_registry_counts(RegistryKind kind, std::span<const redis::Reply> replies) {
  if (replies.size() != 3) throw DecodeError("the counts of a registry have 3 replies");
  RegistryCounts counts{.all = replies[0].number};
  if (forgets(kind)) {
    counts.for_ever = replies[1].number;
    counts.expired = replies[2].number;
  }
  return counts;
}

redis::Batch registry_page(RegistryKind kind, std::string_view queue, std::int64_t offset,
                           std::int64_t count) {
  if (offset < 0 || count < 1 || offset > std::numeric_limits<std::int64_t>::max() / 2 - count) {
    throw InvalidArgument(fmt::format(
        "cannot list {} ids from {}: use an offset of 0 or more and a count of 1 or more", count,
        offset));
  }
  return redis::Batch{}.add("ZRANGE", key_of(kind, queue), offset, offset + count - 1);
}

std::vector<std::string> read_registry_page(RegistryKind kind, const redis::Reply& reply) {
  std::vector<std::string> ids = read_ids(reply);
  if (kind == RegistryKind::started) {
    for (std::string& id : ids) id.resize(std::min(id.find(':'), id.size()));
  }
  return ids;
}

redis::Batch remove_entry(RegistryKind kind, std::string_view queue, std::string_view job_id,
                          Time now) {
  return redis::Batch{}.call(scripts::remove_entry, {key_of(kind, queue)},
                             {std::string(job_id), std::string(to_string(kind)), whole_seconds(now),
                              codec::format_iso(now)});
}

}  // namespace protocol
}  // namespace rqpp
