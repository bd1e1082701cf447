#pragma once

#include <functional>
#include <string_view>

#include <rqpp/call.h>
#include <rqpp/enqueue_options.h>

// For what concerns every job and belongs to none: tracing, metrics, a context that travels along.
// See docs/middleware.md. Whoever uses none pays nothing.
namespace rqpp {

/// Sees every call that is about to be enqueued, and may alter its options: the meta above all,
/// which is what travels to the task. What it throws is thrown by `enqueue`, and nothing is
/// enqueued. Given in QueueOptions::middleware; several are called in their order.
///
///     void carry_trace(const rqpp::Call&, rqpp::EnqueueOptions& options) {
///       options.set_meta("trace_id", current_trace());
///     }
using EnqueueMiddleware = std::function<void(const Call& call, EnqueueOptions& options)>;

/// Runs around every task of a module, in the horse: `next` runs what is inside, the task at last.
/// rqpp::current_job() is the job. What the task throws comes through `next`; what the middleware
/// throws fails the job. Without a call of `next` the task does not run, and its result is None.
/// Given by TaskTable::use; of several the first one is outside.
///
///     void trace(std::string_view task, const std::function<void()>& next) {
///       const Span span(task, rqpp::current_job().meta());
///       next();
///     }
using PerformMiddleware =
    std::function<void(std::string_view task, const std::function<void()>& next)>;

}  // namespace rqpp
