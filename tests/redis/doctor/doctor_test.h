#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "doctor/diagnose.h"
#include "doctor/visit.h"
#include "redis/connection.h"
#include "sandbox/ephemeral_server.h"

namespace rqpp::doctor {

/// Threads that do the same over and over, each over a connection of its own, until this ends.
class Crowd {
 public:
  using Turn = std::function<void(redis::Connection&)>;

  Crowd(const redis::Settings& settings, int threads, const Turn& turn) {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this, settings, turn] {
        redis::Connection connection(settings);
        while (!over_) turn(connection);
      });
    }
  }
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;
  ~Crowd() {
    over_ = true;
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  std::atomic<bool> over_{false};
  std::vector<std::thread> threads_{};
};

/// A Redis of its own to be examined.
class DoctorTest : public ::testing::Test {
 protected:
  explicit DoctorTest(std::vector<std::string> arguments = {})
      : server({.tcp = true, .arguments = std::move(arguments)}) {}

  template <class... Args>
  redis::Reply ask(std::string_view name, const Args&... args) {
    redis::Batch batch;
    batch.add(name, args...);
    return connection.run(batch).at(0);
  }

  Facts examine(VisitOptions options = {.window = std::chrono::milliseconds{1'000}}) {
    return examine(server.settings(), options);
  }
  Facts examine(const redis::Settings& settings, const VisitOptions& options) {
    const VisitSurroundings surroundings{
        .wait = [this](std::chrono::milliseconds time) { watch(time); },
        .impatient = [this] { return impatient; },
        .notice = [this](std::string_view line) { notices.emplace_back(line); }};
    return visit(settings, options, surroundings);
  }
  /// What goes on while the load is measured.
  virtual void watch(std::chrono::milliseconds time) { std::this_thread::sleep_for(time); }

  /// Whether the doctor finds it, as a warning or worse. On a loaded machine a crowd may need more
  /// than one visit to be one.
  bool finds(const std::string& id, const std::string& subject = "") {
    constexpr int kVisits = 10;
    for (int i = 0; i < kVisits; ++i) {
      findings = diagnose(examine());
      for (const Finding& each : findings) {
        const bool meant = each.id == id && (subject.empty() || each.subject == subject);
        if (meant && each.severity >= Severity::warning) {
          found = each;
          return true;
        }
      }
    }
    return false;
  }
  /// What was found instead, for a test that failed.
  std::string all_found() const {
    std::string text;
    for (const Finding& each : findings) text += each.id + ": " + each.title + "\n";
    return text;
  }

  sandbox::EphemeralServer server;
  redis::Connection connection{server.settings()};
  bool impatient = false;
  std::vector<std::string> notices;
  std::vector<Finding> findings;
  Finding found;
};

}  // namespace rqpp::doctor
