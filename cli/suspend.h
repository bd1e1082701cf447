#pragma once

#include "redis/settings.h"

namespace rqpp::cli {

/// Throws Error while workers are suspended: as in RQ, none starts then. Where Redis cannot be
/// reached it says nothing; whoever starts the worker will.
void refuse_while_suspended(const redis::Settings& settings);

}  // namespace rqpp::cli
