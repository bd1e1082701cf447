#include "worker/worker.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <limits>
#include <type_traits>
#include <utility>

#include "base/clock.h"

#include <rqpp/error.h>

namespace rqpp::worker {
namespace {

/// How long a worker waits for its subscription before it takes its first job.
constexpr std::chrono::seconds kFirstSubscription{1};

/// How long a worker that ends waits for the servers of webhooks.
constexpr std::chrono::seconds kLastWebhooks{10};

template <class T, class... Ts>
constexpr bool kIsOneOf = (std::is_same_v<T, Ts> || ...);

template <class T>
constexpr bool kOfHerd =
    kIsOneOf<T, ForkHorse, SignalHorse, Assign, AssignCallback, Recall, RetireHorse, ReplaceStable>;

}  // namespace

Worker::Worker(Options options, Stable stable, StableOptions stable_options,
               const redis::Settings& settings, const base::Log& log)
    : name_(options.broker.worker.name),
      queues_(options.broker.worker.queues),
      log_(log),
      requests_(std::move(options.requests)),
      supervisor_(std::move(options.supervisor)),
      herd_(std::move(stable), std::move(stable_options), options.output, log),
      broker_(std::move(options.broker), settings, log),
      messenger_(log, std::move(options.webhook_hosts)),
      notify_(std::move(options.notify)) {
  if (options.with_scheduler) {
    scheduler_.emplace(scheduler::Schedule::Options{.queues = queues_}, settings, log);
  }
}

void Worker::run() {
  for (const Event& event : broker_.begin(base::now())) handle(event);
  log_.info(
      fmt::format("Worker {}: started with PID {}, version {}", name_, getpid(), RQPP_VERSION));
  try {
    await_subscription();
    log_.info(fmt::format("*** Listening on {}...", fmt::join(queues_, ", ")));
    handle(Begin{});
    while (!finished_) turn();
  } catch (...) {
    end();
    throw;
  }
  end();
}

/// Whoever sees a job of this worker run may stop it: a command that is published before the worker
/// has subscribed is lost. RQ subscribes before its first job as well (Worker.bootstrap).
void Worker::await_subscription() {
  constexpr int kLookMs = 10;
  const auto until = std::chrono::steady_clock::now() + kFirstSubscription;
  while (!broker_.listens() && std::chrono::steady_clock::now() < until) {
    fds_.clear();
    broker_.watch(fds_);
    (void)poll(fds_.data(), fds_.size(), kLookMs);
    contained([this] {
      for (Event& event : broker_.step(fds_, base::this_moment())) handle(std::move(event));
    });
  }
}

void Worker::end() {
  if (scheduler_) scheduler_->end();
  broker_.end(base::now());
  messenger_.end(kLastWebhooks);
}

/// One wake-up: everything that can be read is read, everything that was decided is sent.
void Worker::turn() {
  broker_.flush(base::this_moment());
  herd_.flush();  // a fork for later; the next job comes first

  fds_.clear();
  fds_.push_back({.fd = requests_.fd(), .events = POLLIN, .revents = 0});
  herd_.watch(fds_);
  broker_.watch(fds_);
  messenger_.watch(fds_);
  if (scheduler_) scheduler_->watch(fds_);
  if (poll(fds_.data(), fds_.size(), milliseconds_to_wait(base::this_moment())) < 0 &&
      errno != EINTR) {
    throw Error(fmt::format("poll failed with errno {}", errno));
  }

  hear_requests(fds_.front());
  contained([this] {
    for (Herd::News& news : herd_.step(fds_)) hear(std::move(news));
  });
  contained([this] { messenger_.step(fds_); });
  contained([this] {
    for (Event& event : broker_.step(fds_, base::this_moment())) handle(std::move(event));
  });
  for (const Receipt& receipt : broker_.take_receipts()) herd_.acknowledge(receipt);
  for (SendWebhooks& order : broker_.take_webhooks()) messenger_.send(std::move(order));
  if (supervisor_.next_tick() <= std::chrono::steady_clock::now()) handle(Tick{});
  if (scheduler_) scheduler_->step(fds_, base::this_moment());
  notify();
}

void Worker::notify() {
  if (!notify_.heard()) return;
  const Condition condition = supervisor_.condition();
  notify_.tell(
      {.ready = broker_.listens(), .stopping = condition.stopping, .status = to_text(condition)},
      base::this_moment().steady);
}

/// One source of news less this time: the others are heard, and the worker lives.
template <class Step>
void Worker::contained(const Step& step) {
  try {
    step();
  } catch (const std::exception& error) {
    log_.error(
        fmt::format("the worker goes on, though it met an error of its own: {}", error.what()));
  }
}

void Worker::hear(Herd::News news) {
  if (auto* event = std::get_if<Event>(&news)) handle(std::move(*event));
  if (auto* meta = std::get_if<Herd::Asked<MetaSaved>>(&news)) {
    handle(meta->frame);
    broker_.save_meta({std::move(meta->frame), meta->receipt});
  }
  if (const auto* asked = std::get_if<Herd::Asked<EnqueueRequest>>(&news)) {
    broker_.enqueue(asked->job_id, asked->frame, asked->receipt);
  }
}

void Worker::handle(Event event) {
  for (Action& action : supervisor_.on(std::move(event), base::this_moment())) {
    perform(std::move(action));
  }
}

/// What cannot be done costs the job that it is about, or the connection over which its answer
/// would have come: the worker, and all else that runs, goes on.
void Worker::perform(Action action) {
  std::visit(
      [this](auto& it) {
        using T = std::decay_t<decltype(it)>;
        try {
          carry_out(it);
        } catch (const std::exception& error) {
          log_.error(fmt::format("cannot do what was decided: {}", error.what()));
          if constexpr (kIsOneOf<T, Assign, AssignCallback>) {
            herd_.give_up(it.horse, error.what());
          } else if constexpr (!kOfHerd<T>) {
            broker_.start_over(error.what());
          }
        }
      },
      action);
}

template <class T>
void Worker::carry_out(T& it) {
  if constexpr (kOfHerd<T>) {
    herd_.perform(it);
  } else if constexpr (kIsOneOf<T, Claim, PutBack, Beat, Show, Inherit, Maintain>) {
    broker_.perform(it, base::now());
  } else if constexpr (std::is_same_v<T, AnnounceStop>) {
    announce_stop(it.reason);
  } else if constexpr (std::is_same_v<T, Warn>) {
    log_.warning(it.text);
  } else if constexpr (std::is_same_v<T, Finish>) {
    finished_ = true;
  } else {
    broker_.perform(std::move(it));
  }
  // Redis hears that a job begins before the horse does.
  if constexpr (kIsOneOf<T, Claim, BeginAhead>) broker_.flush(base::this_moment());
}

void Worker::announce_stop(StopReason reason) {
  switch (reason) {
    case StopReason::warm:
    case StopReason::cold:
      log_.warning(fmt::format("Worker {} [PID {}]: {} shut down requested", name_, getpid(),
                               reason == StopReason::cold ? "cold" : "warm"));
      break;
    case StopReason::jobs_done:
      log_.info(fmt::format("Worker {}: has begun as many jobs as it may, quitting", name_));
      break;
    case StopReason::idle:
      log_.info(fmt::format("Worker {}: idle for as long as it may, quitting", name_));
      break;
  }
  if (reason != StopReason::cold) broker_.announce_stop(base::now());
  // Others take its queues over at once, however long the running jobs take.
  if (scheduler_) scheduler_->stop(base::this_moment());
}

void Worker::hear_requests(const pollfd& fd) {
  if ((fd.revents & POLLIN) == 0) return;
  for (const Event& request : requests_.read()) {
    if (std::holds_alternative<ReloadRequested>(request)) {
      notify_.tell_of_reload(base::this_moment().steady);
    }
    handle(request);
  }
}

int Worker::milliseconds_to_wait(Moment at) const {
  Moment::Steady next = std::min({supervisor_.next_tick(), broker_.next_step(), notify_.next()});
  if (scheduler_) next = std::min(next, scheduler_->next_step());
  if (herd_.has_news() || next <= at.steady) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(next - at.steady).count();
  constexpr std::int64_t kLongest = std::numeric_limits<int>::max();
  return static_cast<int>(std::min<std::int64_t>(left, kLongest));
}

}  // namespace rqpp::worker
