#pragma once

#include <sys/types.h>

#include "base/fd.h"
#include "worker/last_words.h"
#include "worker/run_job.h"

namespace rqpp::worker {

/// Where it writes what the job prints: descriptors of pipes; -1 leaves both as they are.
struct Pipes {
  int output = -1;
  int error = -1;
};

/// Does once, in the stable, what each horse would otherwise do for itself.
void prepare_for_horses(const Repertoire& repertoire);

/// The life of a horse, from its birth in a fork of the stable to its end: waits for an Assignment,
/// runs it, sends the Outcome, and so on, until its channel ends.
///
/// SIGTERM asks the running job to stop. Another job must not be assigned after that, since the
/// signal may come in late. Signals are blocked when this is called. `stable` is the parent
/// process; when it dies, so does the horse. `last_words` is where it says how it dies, or null.
[[noreturn]] void horse_main(base::Fd channel, Pipes pipes, pid_t stable, LastWords* last_words,
                             Repertoire& repertoire) noexcept;

}  // namespace rqpp::worker
