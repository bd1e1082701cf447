#include "scheduler/cron.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/ids.h"
#include "codec/json.h"
#include "codec/timestamp.h"
#include "protocol/new_job.h"
#include "protocol/scheduling.h"
#include "protocol/webhooks.h"
#include "scheduler/start_check.h"

#include <rqpp/error.h>
#include <rqpp/value.h>

namespace rqpp::scheduler {
namespace {

using namespace std::chrono_literals;

/// Another leads so soon after the leader's death.
constexpr auto kLease = 10s;
constexpr auto kRenewal = 3s;
constexpr auto kTryAgain = 1s;
/// For an answer of Redis: while it is waited for, no signal is heard.
constexpr std::chrono::milliseconds kPatience = 5s;
/// How often RQ hears that it lives; and at most when entries run.
constexpr auto kAnnounce = 45s;
constexpr auto kAnnounceAtMost = 1s;

std::string host() {
  std::array<char, 256> name{};
  gethostname(name.data(), name.size() - 1);
  return name.data();
}

redis::Settings impatient(redis::Settings settings) {
  const bool waits_longer = settings.io_timeout > kPatience || settings.io_timeout.count() == 0;
  if (waits_longer) settings.io_timeout = kPatience;
  return settings;
}

std::vector<std::string> names_of(const std::vector<CronEntry>& entries) {
  std::vector<std::string> names;
  for (const CronEntry& entry : entries) names.push_back(entry.name);
  return names;
}

Value json_text(const Value& value) {
  try {
    return codec::write_json(value);
  } catch (const InvalidArgument&) {
    return "<not JSON serializable>";  // RQ's words
  }
}

Value iso(const std::optional<Instant>& moment) {
  return moment ? Value(codec::format_iso(*moment)) : Value();
}

Value described(const CronEntry& entry, std::optional<Instant> last, std::optional<Instant> next) {
  Value::Pairs kwargs;
  for (const auto& [name, value] : entry.call.kwargs) kwargs.emplace_back(Value(name), value);
  Value::Pairs pairs{
      {"func_name", entry.call.function},
      {"name", entry.name},
      {"queue_name", entry.queue},
      {"args", entry.call.args.empty() ? Value() : json_text(Value::list(entry.call.args))},
      {"kwargs", kwargs.empty() ? Value() : json_text(Value::dict(kwargs))},
      {"interval", entry.expression ? Value() : Value(entry.every.count())},
      {"cron", entry.expression ? Value(entry.cron) : Value()},
      {"latest_enqueue_time", iso(last)},
      {"next_enqueue_time", iso(next)}};
  const auto add = [&pairs](const char* name, const std::optional<std::chrono::seconds>& value) {
    if (value) pairs.emplace_back(name, value->count());
  };
  add("job_timeout", entry.options.timeout);
  add("result_ttl", entry.options.result_ttl);
  add("ttl", entry.options.ttl);
  add("failure_ttl", entry.options.failure_ttl);
  if (!entry.options.webhooks.empty()) {
    pairs.emplace_back("webhooks", protocol::new_webhooks(entry.options.webhooks));
  }
  return Value::dict(std::move(pairs));
}

}  // namespace

std::string cron_jobs_json(const CronPlan& plan) {
  Value::Items all;
  for (std::size_t i = 0; i < plan.entries().size(); ++i) {
    all.push_back(described(plan.entries()[i], plan.last_of(i), plan.next_of(i)));
  }
  return codec::write_json(Value::list(std::move(all)));
}

Cron::Cron(CronOptions options, redis::Settings settings, base::Notify notify, base::Log log)
    : options_(std::move(options)),
      plan_(options_.entries),
      connection_(impatient(std::move(settings))),
      notify_(std::move(notify)),
      log_(std::move(log)),
      self_{.hostname = host(),
            .pid = getpid(),
            .config_file = options_.file,
            .created_at = base::now()} {
  self_.name =
      fmt::format("{}:{}:{}", self_.hostname, self_.pid, base::new_uuid_hex().substr(0, 6));
}

void Cron::run() {
  const StopSignals signals;
  constexpr std::array kRoles{protocol::Role::cron};
  check_start(connection_, kRoles, log_);
  log_.info(fmt::format("Cron {}: started with {} entries of {}", self_.name,
                        options_.entries.size(), options_.file));
  for (bool stopping = false; !stopping; stopping = signals.read_any()) {
    const base::Moment now = base::this_moment();
    try {
      turn(now);
    } catch (const Error& error) {
      if (trouble_ != error.what()) log_.error(fmt::format("{} Trying again.", error.what()));
      trouble_ = error.what();
      leading_ = false;
      connection_.close();
      lead_at_ = base::this_moment().steady + kTryAgain;
    }
    notify(false);
    pollfd fd{.fd = signals.fd(), .events = POLLIN, .revents = 0};
    const Steady next = std::min(next_step(base::this_moment()), notify_.next());
    if (poll(&fd, 1, milliseconds_until(next)) < 0 && errno != EINTR) {
      throw Error(fmt::format("poll failed with errno {}", errno));
    }
  }
  log_.info(fmt::format("Cron {}: stops", self_.name));
  notify(true);
  leave();
}

void Cron::turn(base::Moment now) {
  if (now.steady >= lead_at_) lead(now);
  if (!leading_) return;
  for (const CronPlan::Run& run : plan_.due(std::chrono::floor<std::chrono::seconds>(now.wall))) {
    if (leading_) enqueue(run, now);
  }
  const auto silent = now.steady - announced_at_;
  if (leading_ && (silent >= kAnnounce || (changed_ && silent >= kAnnounceAtMost))) announce(now);
}

void Cron::lead(base::Moment now) {
  may_lead_ = true;
  const auto replies = connection_.run(protocol::lead_cron(options_.group, self_.name, kLease));
  const protocol::QueueHold hold = protocol::read_queue_holds(replies.front()).at(0);
  trouble_.clear();
  may_lead_ = hold.ours;
  if (hold.ours) {
    lead_at_ = now.steady + kRenewal;
    if (!leading_) begin_to_lead(now);
    return;
  }
  if (leading_) stop_leading("another copy leads now");
  // Right when the other's lease has run out, should it not be renewed.
  const auto others = hold.others_for.value_or(kLease);
  lead_at_ = now.steady + std::clamp<std::chrono::milliseconds>(others + 50ms, 500ms, kLease);
}

void Cron::begin_to_lead(base::Moment now) {
  const auto names = names_of(options_.entries);
  const auto replies = connection_.run(protocol::last_cron_runs(options_.group, names));
  plan_.begin(protocol::read_last_cron_runs(replies.front()),
              std::chrono::floor<std::chrono::seconds>(now.wall));
  leading_ = true;
  log_.info(fmt::format("Cron {}: leads '{}'", self_.name, options_.group));
  announce(now);
}

void Cron::enqueue(const CronPlan::Run& run, base::Moment now) {
  const CronEntry& entry = options_.entries[run.entry];
  const auto position =
      entry.options.at_front ? protocol::Position::front : protocol::Position::back;
  const protocol::JobRecord job = protocol::new_job(
      entry.call, entry.options, entry.queue, Serializer::pickle,
      protocol::cron_job_id(fmt::format("{}__{}", options_.group, entry.name), run.due), now.wall);
  const auto replies =
      connection_.run(protocol::enqueue_cron(options_.group, self_.name,
                                             {.entry = entry.name,
                                              .due = run.due,
                                              .may_overlap = entry.overlap == Overlap::allow,
                                              .position = position},
                                             job, now.wall));
  changed_ = true;
  switch (static_cast<protocol::CronAnswer>(replies.front().number)) {
    case protocol::CronAnswer::enqueued:
      log_.info(
          fmt::format("Cron: enqueued '{}' in {} as job {}", entry.name, entry.queue, job.id));
      break;
    case protocol::CronAnswer::would_overlap:
      log_.warning(
          fmt::format("Cron: '{}' is not enqueued: its last job has not ended", entry.name));
      break;
    case protocol::CronAnswer::was_enqueued:
      break;
    case protocol::CronAnswer::not_leading:
      stop_leading("its lease has run out");
      lead_at_ = now.steady;
      break;
  }
}

void Cron::announce(base::Moment now) {
  self_.jobs = cron_jobs_json(plan_);
  connection_.run(protocol::announce_cron(self_, now.wall));
  announced_at_ = now.steady;
  changed_ = false;
}

void Cron::stop_leading(const std::string& why) {
  leading_ = false;
  log_.warning(fmt::format("Cron {}: leads '{}' no more: {}", self_.name, options_.group, why));
}

void Cron::leave() noexcept {
  try {
    if (may_lead_) connection_.run(protocol::leave_cron(options_.group, self_.name));
  } catch (const std::exception& error) {
    log_.warning(fmt::format("cannot say goodbye to Redis: {}", error.what()));
  }
}

void Cron::notify(bool stopping) {
  notify_.tell(
      {.ready = true, .stopping = stopping, .status = leading_ ? "leads" : "another copy leads"},
      std::chrono::steady_clock::now());
}

Cron::Steady Cron::next_step(base::Moment now) const {
  Steady next = lead_at_;
  if (!leading_) return next;
  if (changed_) next = std::min(next, announced_at_ + kAnnounceAtMost);
  const Instant due = plan_.next();
  if (due - std::chrono::floor<std::chrono::seconds>(now.wall) > kLease) return next;
  const auto wait = std::max<std::chrono::microseconds>(Time{due} - now.wall, 0us);
  return std::min(next, now.steady + wait);
}

}  // namespace rqpp::scheduler
