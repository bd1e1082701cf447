#include "protocol/groups.h"

#include <fmt/format.h>

#include "base/utf8.h"
#include "protocol/keys.h"

#include <rqpp/error.h>

namespace rqpp::protocol {

void check_group_name(std::string_view name) {
  constexpr std::size_t kLongest = 512;
  if (!name.empty() && name.size() <= kLongest &&
      base::find_invalid_utf8(name, base::Surrogates::refuse) == std::string_view::npos) {
    return;
  }
  throw InvalidArgument(
      fmt::format("the group's name '{}' is not allowed: use 1 to {} bytes of "
                  "UTF-8",
                  name.substr(0, 60), kLongest));
}

redis::Batch add_to_group(std::string_view group, std::span<const std::string> job_ids) {
  redis::Batch batch;
  batch.add("SADD", keys::group(group)).more_of(job_ids);
  return batch.add("SADD", keys::kGroups, group);
}

redis::Batch group_size(std::string_view group) {
  return redis::Batch{}.add("SCARD", keys::group(group));
}

redis::Batch group_page(std::string_view group, std::string_view cursor) {
  return redis::Batch{}.add("SSCAN", keys::group(group), cursor, "COUNT", 100);
}

redis::Batch leave_group(std::string_view group, std::span<const std::string> job_ids) {
  return redis::Batch{}.add("SREM", keys::group(group)).more_of(job_ids);
}

redis::Batch forget_group(std::string_view group) {
  return redis::Batch{}.add("SREM", keys::kGroups, group);
}

}  // namespace rqpp::protocol
