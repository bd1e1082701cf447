#pragma once

#include <sys/types.h>

#include <vector>

#include "base/fd.h"

#include <rqpp/detail/module_abi.h>

namespace rqpp::worker {

/// The life of the stable, from its birth in a fork of `parent` to its end. Signals are blocked
/// when this is called. `own` are modules of this program. The first frame is Equip.
[[noreturn]] void stable_main(base::Fd channel, pid_t parent,
                              const std::vector<const Module*>& own) noexcept;

/// The same in a program of its own (src/stable), which has no modules and finds its channel at
/// kChannelFd.
[[noreturn]] void stable_program(pid_t parent) noexcept;

}  // namespace rqpp::worker
