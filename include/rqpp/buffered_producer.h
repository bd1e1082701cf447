#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <rqpp/call.h>
#include <rqpp/enqueue_options.h>
#include <rqpp/error.h>
#include <rqpp/job.h>
#include <rqpp/queue.h>
#include <rqpp/task.h>

namespace rqpp {

/// A BufferedProducer holds as many jobs as it may.
class ProducerFull : public Error {
 public:
  using Error::Error;
};

/// What `BufferedProducer::enqueue` does while the producer holds as much as it may.
enum class OverflowPolicy : std::uint8_t {
  block,  ///< Waits until Redis has taken some.
  fail    ///< Throws ProducerFull.
};

/// How a BufferedProducer collects.
struct BufferedProducerOptions {
  /// One write to Redis has at most so many jobs, 1 to 5000, and is sent when it has as many bytes.
  std::size_t jobs_per_write = 1'000;
  std::size_t bytes_per_write = std::size_t{1} << 20;
  /// The longest that a job waits for others to be sent with; 0 ms or more.
  std::chrono::milliseconds linger{10};
  /// What is held at most, with what is being written: jobs, 1 or more, and about as many bytes.
  std::size_t max_buffered_jobs = 10'000;
  std::size_t max_buffered_bytes = std::size_t{16} << 20;
  OverflowPolicy overflow = OverflowPolicy::block;
  /// Told of each write that failed: the ids of its jobs, and why. From the producer's thread, or
  /// from its destructor for jobs that are given up; it must neither throw nor use the producer.
  std::function<void(const std::vector<std::string>& ids, const std::exception& error)> on_error{};
};

/// Enqueues a stream of jobs: they are collected and sent in large writes by a thread of its own,
/// so that `enqueue` waits for no round trip.
///
///     rqpp::BufferedProducer producer(queue);
///     for (const Path& film : films) producer.enqueue(transcode(film));
///     producer.flush();  // now all of them are queued
///
/// A job is sent with the next write: when that is full, `linger` after its first job, with
/// `flush()`, or by the destructor. Until then Redis knows nothing of it: `flush()` before you wait
/// for one, or let another job depend on it. The jobs of each thread are queued in the order of its
/// calls; a BufferedProducer may be used by several.
///
/// When a write fails, nothing is sent any more: `enqueue` and `flush` throw why, on_error is told,
/// and what has been taken is held until `retry()` or `discard()`. A failed write may have been
/// executed all the same: then only its answer was lost. `retry()` finds out, so no job is queued
/// twice and none is lost, up to a day after the failure.
///
/// After a fork the producer is the parent's: in the child its functions throw Error, its
/// destructor does nothing.
class BufferedProducer {
 public:
  /// Throws InvalidArgument for options outside their ranges. Connects at the first write.
  explicit BufferedProducer(Queue queue, BufferedProducerOptions options = {});
  /// Sends what is held, unless a write has failed before; what cannot be sent is told to on_error,
  /// without which a line on standard error says how much it was.
  ~BufferedProducer();
  BufferedProducer(const BufferedProducer&) = delete;
  BufferedProducer& operator=(const BufferedProducer&) = delete;

  /// Takes a call; the job's id is known at once. Throws why the last write failed, ProducerFull,
  /// InvalidArgument as Queue::enqueue, and also for what cannot wait here: jobs at the front, of a
  /// group, with dependencies, a concurrency limit, or that are to be unique.
  template <class R>
  Job<R> enqueue(const TypedCall<R>& call, const EnqueueOptions& options = {}) {
    return queue_.handle<R>(put(call, options), options);
  }
  Job<Value> enqueue(const Call& call, const EnqueueOptions& options = {}) {
    return queue_.handle<Value>(put(call, options), options);
  }

  /// Returns when all jobs that were taken before are queued. Throws why a write failed.
  void flush();
  /// After a failure: sends again what is held, and goes on. Returns as `flush` does.
  void retry();
  /// After a failure: forgets what is held, and goes on. Returns the ids; those of the write that
  /// failed, which come first, may be queued all the same.
  std::vector<std::string> discard();
  /// How many jobs have been taken and are not known to be queued.
  [[nodiscard]] std::size_t pending() const;

 private:
  class Writer;

  std::string put(const Call& call, const EnqueueOptions& options);
  Writer& ours() const;

  Queue queue_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace rqpp
