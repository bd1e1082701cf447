#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "redis/batch.h"
#include "redis/reply.h"

#include <rqpp/registry_kind.h>
#include <rqpp/time.h>

// What concerns a queue's registries as a whole. Nothing here cleans up, and nothing grows with a
// registry, other than by pages that the caller asks for.
namespace rqpp::protocol {

/// Whether entries of such a registry expire: then those whose score has passed are to be left out.
bool forgets(RegistryKind kind);

/// How many entries there are: all, those that are kept for ever with a score below 0, and those
/// that have expired. Cost: 3 commands.
redis::Batch registry_counts(RegistryKind kind, std::string_view queue, Time now);
struct RegistryCounts {
  std::int64_t all = 0, for_ever = 0, expired = 0;
  std::int64_t alive() const { return all - expired; }
};
RegistryCounts read_registry_counts(RegistryKind kind, std::span<const redis::Reply> replies);

/// Entries by their places among all, for `read_registry_page`. Throws InvalidArgument unless
/// `offset` is 0 or more and `count` 1 or more. Cost: 1 command, which grows with `count`.
redis::Batch registry_page(RegistryKind kind, std::string_view queue, std::int64_t offset,
                           std::int64_t count);
/// Ids of jobs; of running ones without the execution.
std::vector<std::string> read_registry_page(RegistryKind kind, const redis::Reply& reply);

/// Deletes a job of a registry. Reply: 1; 0 if the job was gone or elsewhere; -1 if there is no
/// such entry. Cost: 1 script, 4 commands.
redis::Batch remove_entry(RegistryKind kind, std::string_view queue, std::string_view job_id,
                          Time now);

}  // namespace rqpp::protocol
