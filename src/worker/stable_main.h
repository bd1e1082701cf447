#pragma once

#include <sys/types.h>

#include "base/fd.h"
#include "worker/stable.h"

namespace rqpp::worker {

/// The life of the stable, from its birth in a fork of `parent` to its end. Signals are blocked
/// when this is called.
[[noreturn]] void stable_main(base::Fd channel, pid_t parent,
                              const StableOptions& options) noexcept;

}  // namespace rqpp::worker
