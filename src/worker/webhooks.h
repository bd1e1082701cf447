#pragma once

#include <optional>

#include "worker/events.h"
#include "worker/frames.h"

namespace rqpp::worker {

/// The webhooks for this end of a job, if it has some, as RQ chooses them: of a success, also of a
/// job that repeats, and of a failure that is final. Throws DecodeError if the job's field
/// `webhooks` is malformed.
std::optional<SendWebhooks> webhooks_for(const Settle& end);

}  // namespace rqpp::worker
