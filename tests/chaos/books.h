#pragma once

#include <map>
#include <string>
#include <vector>

#include "chaos/load.h"

namespace rqpp::test {

/// Balances what was ordered, what Redis says became of it, and what jobs noted themselves, once
/// nothing is left to be done. What is found wrong is a violation, with all that is known of its
/// job.
class Books {
 public:
  Books(Arena& arena, const std::map<std::string, Ordered>& orders);

  /// Whether all that is in Redis has ended, or waits for what will never come.
  bool are_closed();
  /// Reads all and compares.
  const std::vector<std::string>& violations();
  /// How much there was: `300 jobs, 12 failed, …`.
  std::string summary() const;

 private:
  /// A job as Redis has it.
  struct Found {
    std::map<std::string, std::string> fields{};
    std::vector<std::string> places{};  ///< Registries and lists that have its id.
    std::string failure{};
    std::string result{};
    std::string status() const;
  };
  struct Noted {
    int runs = 0;
    int undisturbed = 0;  ///< Whose processes nobody has killed.
    bool called_back = false;
  };

  std::vector<std::string> runs_held();
  void read_jobs();
  void read_places();
  void read_notes();
  void check_place(const std::string& id, const Found& found);
  void check_order(const std::string& id, const Ordered& order);
  void check_runs(const std::string& id, const Ordered& order);
  void check_end(const std::string& id, const Ordered& order, const Found& found);
  void check_failure(const std::string& id, const Found& found);
  bool never_released(const Ordered& order) const;
  void check_children();
  void check_keys();
  void check_workers();
  void complain(const std::string& id, const std::string& what);

  Arena* arena_;
  const std::map<std::string, Ordered>* orders_;
  std::map<std::string, Found> found_{};
  std::map<std::string, Noted> noted_{};
  std::map<std::string, std::vector<std::string>> children_{};  // by the run that enqueued them
  std::vector<std::string> violations_{};
};

}  // namespace rqpp::test
