#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "support/program.h"
#include "support/test_server.h"

#include <rqpp/queue.h>

namespace rqpp::test {

/// Several workers, each with a name, as processes that may be killed; and a folder for what their
/// jobs write.
class FleetTest : public RedisTest {
 protected:
  explicit FleetTest(std::string url = server().url());
  void SetUp() override;
  void TearDown() override;

  /// How this worker reaches Redis, if not as the others do.
  void use_url(const std::string& name, const std::string& url) { urls_[name] = url; }
  /// The name that this worker gets, if not the one by which the test calls it.
  void use_name(const std::string& name, const std::string& given) { names_[name] = given; }
  /// Starts a worker and waits until it listens. Another one of this name must be over.
  Program& start(const std::string& name, std::vector<std::string> more = {});
  /// The same, but does not wait.
  Program& launch(const std::string& name, std::vector<std::string> more = {});
  Program& worker(const std::string& name) { return workers_.at(name); }
  void signal(const std::string& name, int number) { worker(name).signal(number); }
  /// SIGKILL, and its end.
  void kill(const std::string& name);
  /// SIGTERM, and its end.
  Ended stop(const std::string& name);

  Queue queue(const std::string& name) const { return queue_.sibling(name); }
  AnyJob enqueue(const std::string& queue_name, const std::string& task, Value::Items args = {},
                 EnqueueOptions options = {}) const {
    return queue(queue_name).enqueue(Call{.function = task, .args = std::move(args)}, options);
  }
  /// A job that notes its run in `runs` and ends when the gate of this name is opened.
  AnyJob enqueue_gated(const std::string& queue_name, const std::string& gate,
                       EnqueueOptions options = {}) const;

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  void open(const std::string& gate) const;

  /// One run of a job, as it was noted outside of Redis.
  struct Run {
    std::string job_id{};
    pid_t horse = 0;
    pid_t stable = 0;
  };
  std::vector<Run> runs(const std::string& job_id = {}) const;

  template <class Condition>
  [[nodiscard]] static bool becomes_true(const Condition& condition,
                                         std::chrono::seconds patience = std::chrono::seconds{30}) {
    const auto until = std::chrono::steady_clock::now() + patience;
    while (!condition()) {
      if (std::chrono::steady_clock::now() > until) return false;
      pause();
    }
    return true;
  }
  [[nodiscard]] static bool becomes(const AnyJob& job, Status status,
                                    std::chrono::seconds patience = std::chrono::seconds{30}) {
    return becomes_true([&] { return job.status() == status; }, patience);
  }

  ProgramOptions options_{};  ///< Of workers that are started from now on.

 private:
  static void pause();

  std::string url_;
  std::map<std::string, std::string> urls_{};
  std::map<std::string, std::string> names_{};
  std::filesystem::path folder_{};
  Queue queue_;
  std::map<std::string, Program> workers_{};
};

}  // namespace rqpp::test
