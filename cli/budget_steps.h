#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "budget_meter.h"
#include "budget_site.h"
#include "own_program.h"
#include "signals.h"

#include <rqpp/queue.h>

namespace rqpp::cli {

/// A signal asked us to end.
struct Interruption {};

/// What the steps of a budget share: the queue, and the workers that are started for it.
class BudgetStage {
 public:
  /// `modules` is the folder with fib.so, `logs` one for what workers write.
  BudgetStage(BudgetSite& site, std::filesystem::path modules, const std::filesystem::path& logs,
              Signals& interrupts);

  /// One line for each thing that a producer, a worker or an operator does, in the order in which
  /// they must be measured.
  std::vector<BudgetStep> steps();
  /// Does nothing for so long, while a worker is idle: the cost of a minute.
  BudgetStep idle_minute(std::chrono::seconds duration);

  /// Throws Interruption.
  void check_signals();
  /// Ends the worker that is idle, if there is one.
  void end_workers() { idle_worker_.reset(); }

 private:
  std::vector<BudgetStep> producer_steps();
  std::vector<BudgetStep> worker_steps();
  std::vector<BudgetStep> result_steps();
  std::vector<BudgetStep> operator_steps();
  std::vector<BudgetStep> idle_worker_steps();

  void enqueue_each(int count, const EnqueueOptions& options);
  void enqueue_after(int count);
  void fill(int count, const Call& call, const EnqueueOptions& options = {});
  void fill_ended(int count, const Call& call);
  void fill_due(int count);
  void fill_waiting(int count);
  void empty_queues();

  void burst(std::vector<std::string> options = {});
  void schedule_all();
  void start_idle_worker();
  void await_renewal();
  template <class Condition>
  void wait_until(const Condition& condition, std::chrono::milliseconds interval);

  redis::Connection& connection() { return site_.connection(); }
  std::vector<std::string> worker_words(std::vector<std::string> options) const;
  OwnProgram::Options program(std::vector<std::string> words) const;

  BudgetSite& site_;
  std::filesystem::path modules_;
  std::filesystem::path log_;
  Signals& interrupts_;
  Queue queue_;
  Queue rest_;                  // that no worker serves
  std::vector<AnyJob> jobs_{};  // of the last fill
  std::optional<OwnProgram> idle_worker_{};
};

}  // namespace rqpp::cli
