#include <rqpp/buffered_producer.h>

#include <fmt/format.h>
#include <pthread.h>
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <mutex>
#include <thread>
#include <utility>

#include "base/ids.h"
#include "base/printable.h"
#include "client/session.h"
#include "client/write_buffer.h"
#include "protocol/new_job.h"
#include "protocol/queries.h"
#include "protocol/transitions.h"

namespace rqpp {
namespace {

void check(const BufferedProducerOptions& options) {
  constexpr std::size_t kMostJobsPerWrite = 5'000;  // what a script can push at once
  if (options.jobs_per_write < 1 || options.jobs_per_write > kMostJobsPerWrite) {
    throw InvalidArgument(fmt::format("jobs_per_write is {}: use 1 to {}", options.jobs_per_write,
                                      kMostJobsPerWrite));
  }
  if (options.linger < std::chrono::milliseconds{0}) {
    throw InvalidArgument(fmt::format("linger is {} ms: use 0 ms or more", options.linger.count()));
  }
  if (options.max_buffered_jobs < 1 || options.max_buffered_bytes < 1) {
    throw InvalidArgument(
        "a producer must be able to hold a job: use 1 or more for max_buffered_jobs and "
        "max_buffered_bytes");
  }
}

/// What is written at some later time, and may be written twice.
void check(const Call& call, const EnqueueOptions& options) {
  const auto refuse = [](const char* what) {
    throw InvalidArgument(fmt::format(
        "{} cannot wait in a BufferedProducer: use Queue::enqueue or enqueue_many", what));
  };
  if (options.at_front) refuse("a job for the front of the queue");
  if (options.unique || options.unique_for) refuse("a job that is to be unique");
  if (!options.group.empty()) refuse("a job of a group");
  if (!options.concurrency_limit.key.empty()) refuse("a job with a concurrency limit");
  if (!call.results.empty() || !options.depends_on.job_ids().empty()) {
    refuse("a job that waits for others");
  }
}

}  // namespace

/// What its thread and its users share.
class BufferedProducer::Writer {
 public:
  Writer(Queue queue, std::shared_ptr<client::Session> session, BufferedProducerOptions options)
      : queue_(std::move(queue)),
        session_(std::move(session)),
        options_(std::move(options)),
        buffer_(sender_, options_),
        owner_(::getpid()) {
    // Signals are for the threads of the program.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { run(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  bool is_ours() const { return owner_ == ::getpid(); }

  std::string next_id() {
    const std::lock_guard lock(mutex_);
    return ids_.next();
  }

  void add(const protocol::JobRecord& job) {
    std::unique_lock lock(mutex_);
    throw_failure();
    while (buffer_.full()) {
      if (options_.overflow == OverflowPolicy::fail) refuse();
      buffer_.close();
      wake_.notify_one();
      progress_.wait(lock);
      throw_failure();
    }
    if (buffer_.add(job, Clock::now())) wake_.notify_one();
  }

  void flush() {
    std::unique_lock lock(mutex_);
    throw_failure();
    flush(lock);
  }

  void retry() {
    std::unique_lock lock(mutex_);
    failure_ = nullptr;
    flush(lock);
  }

  std::vector<std::string> discard() {
    const std::lock_guard lock(mutex_);
    if (failure_ == nullptr) return {};
    failure_ = nullptr;
    std::vector<std::string> ids = buffer_.clear();
    acknowledged_ = buffer_.close();
    progress_.notify_all();
    return ids;
  }

  std::size_t pending() const {
    const std::lock_guard lock(mutex_);
    return buffer_.jobs();
  }

  void stop() noexcept {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
      buffer_.close();
    }
    wake_.notify_one();
    thread_.join();
    if (failure_ != nullptr) {
      give_up();
    } else {
      forget();
    }
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Lock = std::unique_lock<std::mutex>;

  void throw_failure() const {
    if (failure_ != nullptr) std::rethrow_exception(failure_);
  }

  [[noreturn]] void refuse() const {
    throw ProducerFull(
        fmt::format("the producer of queue '{}' holds {} jobs that Redis has not taken",
                    queue_.name(), buffer_.jobs()));
  }

  void flush(Lock& lock) {
    const std::int64_t last = buffer_.close();
    const int before = failures_;
    wake_.notify_one();
    progress_.wait(lock, [&] { return failures_ != before || acknowledged_ >= last; });
    if (failures_ != before) std::rethrow_exception(last_failure_);
  }

  void run() {
    Lock lock(mutex_);
    for (;;) {
      const auto due = failure_ == nullptr ? buffer_.due() : std::nullopt;
      if (due && *due <= Clock::now()) {
        write(lock);
      } else if (stopping_) {
        return;
      } else if (due) {
        wake_.wait_until(lock, *due);
      } else {
        wake_.wait(lock);
      }
    }
  }

  void write(Lock& lock) {
    client::NumberedWrite write = buffer_.take();
    std::exception_ptr failure;
    lock.unlock();
    try {
      send(write);
    } catch (const std::exception& error) {
      failure = std::current_exception();
      tell(write.ids, error);
    }
    lock.lock();
    if (failure == nullptr) {
      acknowledged_ = write.number;
      buffer_.done(write);
    } else {
      write.sent_before = true;
      buffer_.put_back(std::move(write));
      failure_ = last_failure_ = std::move(failure);
      ++failures_;
    }
    progress_.notify_all();
  }

  /// On a connection that nobody else has: a large write would hold up their small ones.
  client::Session::Replies ask(const redis::Batch& batch) {
    return session_->run_aside(batch, std::chrono::milliseconds{0});
  }

  void send(const client::NumberedWrite& write) {
    if (write.sent_before &&
        protocol::read_last_write(ask(protocol::last_write_of(sender_)).at(0)) >= write.number) {
      return;
    }
    const auto now = client::Session::Clock::now();
    const bool announce = session_->should_announce(queue_.name(), now);
    // As a transaction with a look at the queue: in a Redis Cluster it fails before anything is
    // written.
    if (announce) {
      redis::Batch announcement = protocol::announce_queue(queue_.name());
      ask(announcement.append(protocol::queue_size(queue_.name())).atomic());
    }
    if (ask(write.batch).back().number < 0) {
      throw CommandError("the jobs of a write were gone before their ids could be queued.");
    }
    if (announce) session_->announced(queue_.name(), now);
  }

  void tell(const std::vector<std::string>& ids, const std::exception& error) noexcept {
    try {
      if (options_.on_error) options_.on_error(ids, error);
    } catch (...) {  // it must not throw; there is nobody who could hear of it
    }
  }

  /// The destructor's last words about jobs that are held.
  void give_up() noexcept {
    const std::vector<std::string> ids = buffer_.clear();
    try {
      std::rethrow_exception(failure_);
    } catch (const std::exception& error) {
      if (options_.on_error) {
        tell(ids, error);
      } else {
        std::fprintf(stderr, "rqpp: %zu jobs for queue '%s' were not enqueued: %s\n", ids.size(),
                     base::printable(queue_.name()).c_str(), base::printable(error.what()).c_str());
      }
    }
  }

  void forget() noexcept {
    if (acknowledged_ == 0) return;
    try {
      ask(protocol::forget_sender(sender_));
    } catch (const std::exception&) {  // it expires
    }
  }

  const Queue queue_;
  const std::shared_ptr<client::Session> session_;
  const BufferedProducerOptions options_;
  const std::string sender_ = base::new_uuid_hex();

  mutable std::mutex mutex_{};          // of all below
  std::condition_variable wake_{};      // for the thread
  std::condition_variable progress_{};  // for those who wait for it
  base::UuidSource ids_{};              // never used after a fork
  client::WriteBuffer buffer_;
  std::int64_t acknowledged_ = 0;  // number of a write
  std::exception_ptr failure_{};   // until somebody decides what follows
  std::exception_ptr last_failure_{};
  int failures_ = 0;
  bool stopping_ = false;

  const pid_t owner_;
  std::thread thread_{};
};

BufferedProducer::BufferedProducer(Queue queue, BufferedProducerOptions options)
    : queue_(std::move(queue)) {
  check(options);
  writer_ = std::make_unique<Writer>(queue_, queue_.session_, std::move(options));
}

BufferedProducer::~BufferedProducer() {
  if (writer_->is_ours()) {
    writer_->stop();
  } else {
    // Its thread did not come along, and its lock may be held for ever.
    static_cast<void>(writer_.release());
  }
}

std::string BufferedProducer::put(const Call& call, const EnqueueOptions& options) {
  Writer& writer = ours();
  const auto take = [&](const EnqueueOptions& how) {
    check(call, how);
    protocol::JobRecord job =
        protocol::new_job(call, how, queue_.name_, queue_.options_.serializer, writer.next_id(),
                          queue_.session_->now(), queue_.options_.default_timeout);
    writer.add(job);
    return std::move(job.id);
  };
  if (queue_.options_.middleware.empty()) return take(options);
  return take(queue_.seen(call, options));
}

BufferedProducer::Writer& BufferedProducer::ours() const {
  if (writer_->is_ours()) return *writer_;
  throw Error("this producer belongs to the process that made it: make another one after a fork");
}

void BufferedProducer::flush() { ours().flush(); }
void BufferedProducer::retry() { ours().retry(); }
std::vector<std::string> BufferedProducer::discard() { return ours().discard(); }
std::size_t BufferedProducer::pending() const { return ours().pending(); }

}  // namespace rqpp
