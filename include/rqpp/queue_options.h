#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <rqpp/dependency.h>
#include <rqpp/enqueue_options.h>
#include <rqpp/middleware.h>

namespace rqpp {

/// The connection of a Queue, and defaults for its jobs.
struct QueueOptions {
  /// `redis://`, `rediss://` or `unix://` as in RQ, or `private:` for a private server that is
  /// started on demand. Empty: from the environment (RQ_REDIS_URL, REDIS_URL, REDIS_HOST…), else
  /// redis://localhost:6379/0; if that refuses connections, the private server, with a notice on
  /// standard error.
  std::string url{};
  Serializer serializer = Serializer::pickle;              ///< Default for its jobs.
  std::chrono::seconds default_timeout{180};               ///< Default for its jobs.
  DeferredScore deferred_score = DeferredScore::creation;  ///< Of deferred jobs.
  std::vector<EnqueueMiddleware> middleware{};             ///< Called for each enqueue, in order.
};

}  // namespace rqpp
