#pragma once

#include "base/fd.h"
#include "worker/stable.h"

namespace rqpp::worker {

/// The life of a stable that is a thread of this program, and whose horses are threads, from its
/// first frame to the end of its channel. Equip is not needed: it has `options`.
///
/// A thread cannot be killed. One that is to be, since its job has not ended when it was asked to,
/// counts as ended and is left to itself; nobody hears of it any more. At the end of the stable
/// horses get a moment to end, and are left to themselves after it.
void thread_stable(base::Fd channel, const StableOptions& options) noexcept;

}  // namespace rqpp::worker
