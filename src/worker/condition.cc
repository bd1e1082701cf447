#include "worker/condition.h"

#include <fmt/format.h>

#include <string_view>

namespace rqpp::worker {
namespace {

std::string jobs_text(int running) {
  return running == 1 ? "1 job runs" : fmt::format("{} jobs run", running);
}

std::string_view situation(const Condition& it) {
  if (!it.connected) return "waiting for Redis";
  if (it.stopping) return "stopping";
  if (it.suspended) return "suspended";
  return {};
}

}  // namespace

std::string to_text(const Condition& condition) {
  const std::string_view first = situation(condition);
  if (condition.running == 0) return std::string(first.empty() ? "idle" : first);
  const std::string jobs = jobs_text(condition.running);
  return first.empty() ? jobs : fmt::format("{}; {}", first, jobs);
}

}  // namespace rqpp::worker
