#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <rqpp/status.h>

namespace rqpp {

/// A request that a worker sends when a job has ended; as RQ's `Webhook`.
///
///     queue.enqueue(slow_fib(33), {.webhooks = {{.url = "https://example.com/done"}}});
///
/// A POST has a body of JSON: `job_id`, `func_name`, `status`, `enqueued_at`, `ended_at`, and for a
/// failed job `exc_info`. It is sent once, after the end stands in Redis; that it could not be sent
/// changes nothing for the job. Jobs that were stopped or will be retried send nothing. See
/// docs/webhooks.md.
struct Webhook {
  enum class Method : std::uint8_t { get, post };

  std::string url{};                     ///< http:// or https://.
  Status job_status = Status::finished;  ///< Or failed: the end that it is sent for.
  Method method = Method::get;           ///< A GET has no body.
  std::vector<std::pair<std::string, std::string>> headers{};  ///< Name and value of each.
  std::chrono::seconds timeout{10};  ///< Until the answer begins; 1 s or more.

  bool operator==(const Webhook&) const = default;
};

}  // namespace rqpp
