#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "base/log.h"
#include "base/notify.h"
#include "protocol/cron.h"
#include "redis/connection.h"
#include "scheduler/cron_plan.h"
#include "scheduler/stop_signals.h"

namespace rqpp::scheduler {

struct CronOptions {
  std::vector<CronEntry> entries{};
  std::string file{};   ///< Where they stand; for people.
  std::string group{};  ///< Copies with the same group share the work: one leads.
};

/// Enqueues the runs of cron entries while it leads its group, in a process of its own.
class Cron {
 public:
  Cron(CronOptions options, redis::Settings settings, base::Notify notify, base::Log log);

  /// Returns after SIGINT or SIGTERM. Throws ConnectionError if Redis cannot be reached at first;
  /// later it tries again.
  void run();

 private:
  using Steady = base::Moment::Steady;

  void turn(base::Moment now);
  void lead(base::Moment now);
  void begin_to_lead(base::Moment now);
  void enqueue(const CronPlan::Run& run, base::Moment now);
  void announce(base::Moment now);
  void stop_leading(const std::string& why);
  void leave() noexcept;
  void notify(bool stopping);
  Steady next_step(base::Moment now) const;

  CronOptions options_;
  CronPlan plan_;
  redis::Connection connection_;
  base::Notify notify_;
  base::Log log_;
  protocol::CronRecord self_;
  bool leading_ = false;
  bool may_lead_ = false;  // Redis may have given us the lead, whether we heard of it or not
  bool changed_ = false;   // what RQ is told of the entries
  Steady lead_at_{};       // when to ask for the lead (again)
  Steady announced_at_{};
  std::string trouble_{};
};

/// What RQ shows of the entries: JSON as `CronJob.to_dict` makes it.
std::string cron_jobs_json(const CronPlan& plan);

}  // namespace rqpp::scheduler
