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

/// The buffer of a BufferedProducer is full.
class ProducerFull : public Error {
 public:
  using Error::Error;
};

/// What `BufferedProducer::enqueue` does when the buffer is full.
enum class OverflowPolicy : std::uint8_t {
  block,  ///< Wait until Redis has accepted a write.
  fail    ///< Throw ProducerFull.
};

/// Options of a BufferedProducer.
struct BufferedProducerOptions {
  /// Maximum jobs per write, 1 to 5000; a write is also sent when it has this many bytes.
  std::size_t jobs_per_write = 1'000;
  std::size_t bytes_per_write = std::size_t{1} << 20;
  /// Maximum time that a job waits in the buffer for others; 0 ms or more.
  std::chrono::milliseconds linger{10};
  /// Capacity of the buffer in jobs (1 or more) and approximate bytes, including writes in flight.
  std::size_t max_buffered_jobs = 10'000;
  std::size_t max_buffered_bytes = std::size_t{16} << 20;
  OverflowPolicy overflow = OverflowPolicy::block;
  /// Called for each failed write with the ids of its jobs and the error, from the producer's
  /// thread or, for jobs that are discarded, from the destructor. Must not throw or use the
  /// producer.
  std::function<void(const std::vector<std::string>& ids, const std::exception& error)> on_error{};
};

/// Enqueues a stream of jobs: a background thread sends them in large writes, so `enqueue` does not
/// wait for a round trip.
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

  /// Buffers a call and returns its job. Throws the error of the last failed write, ProducerFull,
  /// and InvalidArgument as Queue::enqueue and for options that cannot be buffered: `at_front`,
  /// `group`, `depends_on`, `concurrency_limit`, `unique`.
  template <class R>
  Job<R> enqueue(const TypedCall<R>& call, const EnqueueOptions& options = {}) {
    return queue_.handle<R>(put(call, options), options);
  }
  Job<Value> enqueue(const Call& call, const EnqueueOptions& options = {}) {
    return queue_.handle<Value>(put(call, options), options);
  }

  /// Returns when all jobs buffered before this call are queued. Throws the error of a failed
  /// write.
  void flush();
  /// After a failure: sends the buffered jobs again and continues. Returns as `flush` does.
  void retry();
  /// After a failure: discards the buffered jobs and continues. Returns their ids; those of the
  /// failed write come first and may have been queued.
  std::vector<std::string> discard();
  /// Number of buffered jobs that are not confirmed as queued.
  [[nodiscard]] std::size_t pending() const;

 private:
  class Writer;

  std::string put(const Call& call, const EnqueueOptions& options);
  Writer& ours() const;

  Queue queue_;
  std::unique_ptr<Writer> writer_;
};

}  // namespace rqpp
