#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redis/reply.h"

#include <rqpp/time.h>
#include <rqpp/usage.h>

namespace rqpp::protocol {

/// In the text of a failure, what follows is no part of the error but what the job wrote last.
inline constexpr std::string_view kOutputHeading = "\nThe job wrote last:\n";

/// One entry of the stream `rq:results:<id>`.
struct ResultRecord {
  /// RQ's numbers. RQ never writes `stopped`; a stopped job has a `failed` entry.
  enum class Type : std::int8_t {
    successful = 1,
    failed = 2,
    stopped = 3,
    retried = 4,
    max_retries_exceeded = 5
  };

  std::string id{};  ///< The entry's id in the stream; its first part is the time in milliseconds.
  Type type = Type::successful;
  Time created_at{};
  std::string return_value{};  ///< Serialized; empty for None.
  std::string exc_info{};
  std::string worker_name{};
  std::string execution_id{};
  std::optional<Time> started_at{};
  std::optional<Time> ended_at{};
  std::optional<Usage> usage{};  ///< Only rqpp writes it: the field `rqpp_usage`.

  bool operator==(const ResultRecord&) const = default;
};

/// The record in one element of an XRANGE-like reply. Throws DecodeError if the entry is malformed.
ResultRecord read_result(const redis::Reply& entry);

/// The fields and values of an entry, in pairs, as XADD takes them. `id` and `created_at` are not
/// among them: they are the entry's own id.
std::vector<std::string> result_fields(const ResultRecord& result);

}  // namespace rqpp::protocol
