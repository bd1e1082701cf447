#pragma once

#include <chrono>
#include <string>
#include <vector>

#include <rqpp/dependency.h>
#include <rqpp/enqueue_options.h>
#include <rqpp/middleware.h>

namespace rqpp {

/// Where a Queue is, and what it adds to jobs.
struct QueueOptions {
  /// Where Redis is: `redis://`, `rediss://` or `unix://` as RQ takes them, or `private:` for a
  /// server of your own, which is started when needed. Empty: as the environment says
  /// (RQ_REDIS_URL, REDIS_URL, REDIS_HOST…), else redis://localhost:6379/0, and where nobody
  /// listens there, the private server, with a line on standard error that says so.
  std::string url{};
  Serializer serializer = Serializer::pickle;              ///< For jobs that name none.
  std::chrono::seconds default_timeout{180};               ///< For jobs that name none.
  DeferredScore deferred_score = DeferredScore::creation;  ///< Of jobs that wait for others.
  std::vector<EnqueueMiddleware> middleware{};  ///< Sees each call that is enqueued here.
};

}  // namespace rqpp
