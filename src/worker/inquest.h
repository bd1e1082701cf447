#pragma once

#include <sys/types.h>

#include <string>

#include "worker/frames.h"
#include "worker/job_limits.h"
#include "worker/last_words.h"

namespace rqpp::worker {

/// Starts a process that looks up the names in a crash's backtrace and writes its report into
/// `words`: files that it reads may be huge, or broken, or on a disk that does not answer, so it is
/// killed after 5 s, and whatever happens to it happens to it alone. The caller reaps it, then
/// reads `last_words_of`. Returns -1 if it cannot be forked. For a process with one thread;
/// `parent` is its number.
pid_t begin_inquest(const LastWordsMemory& words, pid_t parent);

/// All that is known of how a horse ended: its backtrace if it crashed, with names if an inquest
/// has found them, and at the end the reason, without its stop. Empty if it left nothing. Valid
/// UTF-8.
std::string last_words_of(const HorseExited& exited, const LastWords& words,
                          const JobLimits& limits);

}  // namespace rqpp::worker
