#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/transitions.h"

// Writes that may be sent twice, since an answer can be lost, and count once.
namespace rqpp::protocol {

/// The writes of one sender: Redis keeps the number of the last one that was executed, for a day.
struct NumberedWrites {
  std::string sender{};  ///< A name that nobody else has.
  std::int64_t last = 0;
};

/// `enqueue` of one job by such writes, which are counted in `writes`. Cost: as `enqueue`, 1 script
/// and 2 commands; 2 more if it waits for others or for a slot.
redis::Batch enqueue_once(const JobRecord& job, Position position, NumberedWrites& writes);

}  // namespace rqpp::protocol
